"""What a request asks for, read from its method, path and query as kube-apiserver reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from practice.api_server.refusals import bad_request

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_OF_NAMESPACES = ("status", "finalize")


@dataclass(frozen=True)
class Asked:
    """`resource` is empty for paths that are no objects, such as /version."""

    method: str
    path: str
    query: Mapping[str, str]
    verb: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    """What follows the subresource: the path behind a proxy."""

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1")

    def number(self, name: str) -> int | None:
        """A whole number of the query; 400 for anything else."""
        text = self.query.get(name, "")
        try:
            return int(text) if text else None
        except ValueError:
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"


def read(method: str, path: str, query: Mapping[str, str]) -> Asked:
    """
    >>> read("GET", "/apis/apps/v1/namespaces/shop/deployments/cart/scale", {}).subresource
    'scale'
    """
    parts = [part for part in path.split("/") if part]
    root = parts[0] if parts else ""
    group, rest = ("", parts[1:]) if root == "api" else (parts[1] if len(parts) > 1 else "", parts[2:])
    if root not in ("api", "apis") or len(rest) < 2:
        return Asked(method, path, query, method.lower())
    version, rest = rest[0], rest[1:]
    watch = rest[0] == "watch" and len(rest) > 1
    if watch:
        rest = rest[1:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _OF_NAMESPACES:
            rest = rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    verb = _VERBS.get(method, method.lower())
    if watch or (verb == "get" and not name and query.get("watch", "").lower() in ("true", "1")):
        verb = "watch"
    elif verb == "get" and not name:
        verb = "list"
    elif verb == "delete" and not name:
        verb = "deletecollection"
    subresource = rest[2] if len(rest) > 2 else ""
    return Asked(method, path, query, verb, group, version, namespace, rest[0], name, subresource, "/".join(rest[3:]))
