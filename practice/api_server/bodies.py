"""Bodies of requests: from bytes to JSON, whatever kubectl wrote them in."""

from typing import Any

import orjson
import yaml

from practice.api import Json
from practice.api_server import protobuf
from practice.api_server.negotiation import PROTOBUF
from practice.api_server.refusals import bad_request, unsupported_media_type
from practice.api_server.schema.patches import JSON_PATCH, MERGE, STRATEGIC
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import CannotDecode, decoded, parsed

_MEDIA = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_SHOWN = 30
"""Bytes of a body that a refusal quotes."""
_NO_OBJECT = (
    "json: cannot unmarshal {} into Go value of type struct "
    '{{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }}'
)
_GO_TYPES: dict[type, str] = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}


def media_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def object_of(raw: bytes, content_type: str, kind: str) -> Json:
    """What a create or update sends; `kind` is what it has to be, for the refusal."""
    try:
        found = _json_of(raw, content_type)
    except _Unreadable as error:
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): {error} ({_quoted(raw)})"
        ) from None
    return found if isinstance(found, dict) else {}


def options_of(raw: bytes, content_type: str) -> Json:
    """DeleteOptions."""
    try:
        found = _json_of(raw, content_type)
        return decoded(found or {}, schema_of("v1", "DeleteOptions")).item
    except (_Unreadable, CannotDecode) as error:
        raise bad_request(str(error)) from None


def patch_of(raw: bytes, content_type: str) -> Any:
    """Any of the three patches. Server-side apply is not offered; kubectl says so when it gets this 415."""
    if media_of(content_type) not in (STRATEGIC, MERGE, JSON_PATCH):
        raise unsupported_media_type()
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Whoever applies the patch says what is wrong with it.
        return None


class _Unreadable(ValueError):
    """Not what its content type says, or no object."""


def _json_of(raw: bytes, content_type: str) -> Json | None:
    match media_of(content_type) or "application/json":
        case "application/json":
            return _from_json(raw)
        case "application/yaml" | "text/yaml":
            return _from_yaml(raw)
        case media if media == PROTOBUF:
            try:
                return protobuf.decoded(raw)
            except protobuf.NotProtobuf as error:
                raise _Unreadable(str(error)) from None
    raise unsupported_media_type(
        f"the body of the request was in an unknown format - accepted media types include: {_MEDIA}"
    )


def _from_json(raw: bytes) -> Json | None:
    try:
        found = parsed(raw) if raw else _nothing()
    except ValueError as error:
        raise _Unreadable(f"couldn't get version/kind; json parse error: {error}") from None
    if found is not None and not isinstance(found, dict):
        why = _NO_OBJECT.format(_GO_TYPES[type(found)])
        raise _Unreadable(f"couldn't get version/kind; json parse error: {why}")
    return found


def _nothing() -> Any:
    raise ValueError("unexpected end of JSON input")


def _from_yaml(raw: bytes) -> Json | None:
    try:
        found = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise _Unreadable(f"yaml: {where}{problem or error}") from None
    if found is not None and not isinstance(found, dict):
        raise _Unreadable(f"couldn't get version/kind; json parse error: {_NO_OBJECT.format(_GO_TYPES[type(found)])}")
    return found


def _quoted(raw: bytes) -> str:
    if not raw:
        return "<empty>"
    shown = raw[:_SHOWN].decode(errors="replace") if raw.startswith(b"{") else raw[:_SHOWN].hex()
    return shown + (" ..." if len(raw) > _SHOWN else "")
