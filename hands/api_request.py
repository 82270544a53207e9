"""What one HTTP request asks of the Kubernetes API, read as strictly as possible: anything odd is refused.

The path that is judged is the path that is sent on, byte for byte, so nothing may need decoding.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import orjson

from domain.plain_json import dig
from domain.scripts import ApiRequest

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_QUERY = re.compile(r"[!-~]*")
_DISCOVERY = re.compile(
    r"/api|/apis|/api/v[0-9][a-z0-9]*|/apis/[a-z0-9.-]+(/v[0-9][a-z0-9]*)?|/version|/openapi/v2|/openapi/v3(/.+)?"
)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Refused(Exception):
    """The text says to the person who reads the script's output why this request does not pass."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Which kinds there are and what their fields mean; no object."""

    path: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for objects, together with what is needed to send it on."""

    request: ApiRequest
    path: str
    params: dict[str, str]

    @property
    def goes_on(self) -> bool:
        """Whether the answer is a stream: a watch, or a log that is followed."""
        return self.request.verb == "watch" or is_true(self.params.get("follow"))


ReadOrWrite: TypeAlias = Discovery | Asked


def understand(method: str, target: str, *, body: bytes = b"", content_type: str = "") -> ReadOrWrite:
    """The meaning of a request line, or Refused."""
    path, _, query = target.partition("?")
    if not path.startswith("/") or not _QUERY.fullmatch(query) or "#" in query:
        raise Refused(f"{_shown(target)} is not a plain path of the API")
    segments = path[1:].split("/")
    if not all(_SEGMENT.fullmatch(segment) and ".." not in segment for segment in segments):
        raise Refused(f"{_shown(path)} is not a plain path of the API: empty, dotted or encoded parts do not pass")
    if method == "GET" and _DISCOVERY.fullmatch(path):
        return Discovery(path)
    params = _parameters(query)
    group, rest = _below_the_version(path, segments)
    namespace, resource, name, subresource = _object(path, rest)
    verb = _verb(method, name, params)
    if verb in {"list", "watch"} and not name:
        name = _only_name(params.get("fieldSelector", ""))
    if verb == "create" and not name:
        name = _name_in(body, content_type)
    return Asked(ApiRequest(verb, group, resource, namespace, name, subresource), path, params)


def is_true(value: str | None) -> bool:
    """As the API server reads a boolean parameter: present and not 0 or false."""
    return value is not None and value != "0" and value.lower() != "false"


def _parameters(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Refused("a parameter stands twice in the request")
    return params


def _below_the_version(path: str, segments: list[str]) -> tuple[str, list[str]]:
    """The API group and what follows group and version."""
    match segments:
        case ["api", "v1", *rest] if rest:
            return "", rest
        case ["apis", group, _, *rest] if rest:
            return group, rest
        case _:
            raise Refused(f"{_shown(path)} is no object of the Kubernetes API")


def _object(path: str, rest: list[str]) -> tuple[str, str, str, str]:
    """(namespace, resource, name, subresource) of the part below group and version."""
    namespace = ""
    if rest[0] in {"watch", "proxy"}:
        raise Refused(f"{_shown(path)} uses an old form of watch or proxy")
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        raise Refused(f"{_shown(path)} reaches below a subresource")
    resource, name, subresource = [*rest, "", ""][:3]
    if resource != resource.lower():
        raise Refused(f"{_shown(path)} is not written as the API writes its resources")
    return namespace, resource, name, subresource


def _verb(method: str, name: str, params: dict[str, str]) -> str:
    if method == "GET":
        if name:
            return "get"
        return "watch" if is_true(params.get("watch")) else "list"
    if method == "DELETE" and not name:
        raise Refused("a whole collection is never deleted at once")
    try:
        return _VERBS[method]
    except KeyError:
        raise Refused(f"the method {_shown(method)} is not used by the Kubernetes API") from None


def _only_name(selector: str) -> str:
    """The name that a list is narrowed to, as the API server's own authorization sees it."""
    found = re.fullmatch(r"metadata\.name={1,2}([a-z0-9][a-z0-9.-]*)", selector)
    return found[1] if found else ""


def _name_in(body: bytes, content_type: str) -> str:
    """The name of an object that is to be created."""
    if content_type.split(";")[0].strip() != "application/json":
        raise Refused("an object can only be created from JSON, so that its name can be read")
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused("the object to be created is not JSON") from None
    name = dig(value, "metadata", "name")
    if not isinstance(name, str) or not name:
        raise Refused("an object can only be created under a name that was approved")
    return name


def _shown(text: str) -> str:
    return repr(text[:200])
