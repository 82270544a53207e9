"""What every written object goes through: decoding, patches, defaults, validation, the note of who wrote it."""

from typing import Any, cast

import orjson
import yaml

from practice.api import Json
from practice.api_server import protobuf
from practice.api_server.call import Call
from practice.api_server.negotiation import PROTOBUF
from practice.api_server.refusals import Refused, bad_request, invalid, unsupported_media_type
from practice.api_server.schema import managed_fields, patches, validation
from practice.api_server.schema.patch_errors import PatchRefused
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import CannotDecode, Decoded, parsed, strict_error
from practice.api_server.schema.unknown_fields import decoded as strictly_decoded
from practice.api_server.times import stamp

_BODIES = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_SHOWN = 30
"""Bytes of a body that a refusal quotes."""
_PATCHES = (patches.STRATEGIC, patches.MERGE, patches.JSON_PATCH)


def read(raw: bytes, content_type: str, kind: str) -> Any:
    """The body of a create, update or delete, as JSON."""
    media = _media(content_type) or "application/json"
    if media == "application/json":
        try:
            return parsed(raw)
        except ValueError as error:
            raise _unrecognized(raw, kind, f"couldn't get version/kind; json parse error: {error}") from None
    if media in ("application/yaml", "text/yaml"):
        try:
            return yaml.safe_load(raw)
        except yaml.YAMLError as error:
            raise bad_request(f"error converting YAML to JSON: {error}") from None
    if media == PROTOBUF:
        try:
            return protobuf.decoded(raw)
        except protobuf.NotProtobuf as error:
            raise _unrecognized(raw, kind, str(error)) from None
    raise unsupported_media_type(
        f"the body of the request was in an unknown format - accepted media types include: {_BODIES}"
    )


def _unrecognized(raw: bytes, kind: str, why: str) -> Refused:
    shown = raw[:_SHOWN].decode(errors="replace") if raw.startswith(b"{") else raw[:_SHOWN].hex()
    more = " ..." if len(raw) > _SHOWN else ""
    return bad_request(f"the object provided is unrecognized (must be of type {kind}): {why} ({shown}{more})")


def read_patch(raw: bytes, content_type: str) -> Any:
    """The body of a patch. Server-side apply is not offered; kubectl says so when it gets this 415."""
    if _media(content_type) not in _PATCHES:
        raise unsupported_media_type()
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Whoever applies the patch says what is wrong with it.
        return None


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def decoded(call: Call, item: Json) -> Json:
    """An object as the server keeps it: without what its kind does not have, which is warned of or refused."""
    resource = call.resource
    front = f'{item["kind"]} in version "{resource.version}" cannot be handled as a {resource.kind}: '
    try:
        outcome = strictly_decoded(item, schema_of(resource.api_version, resource.kind))
    except CannotDecode as error:
        raise bad_request(front + str(error)) from None
    if outcome.strict and _validation(call) == "Strict":
        raise bad_request(front + strict_error(outcome.strict))
    return _warned(call, outcome)


def patched(call: Call, current: Json, api_version: str = "", kind: str = "") -> Json:
    """The object as the patch would have it."""
    schema = schema_of(api_version or call.resource.api_version, kind or call.resource.kind)
    try:
        outcome = patches.patched(current, call.raw, _media(call.content_type), schema, _validation(call))
    except PatchRefused as refused:
        raise _patch_refusal(refused) from None
    return _warned(call, outcome)


def _validation(call: Call) -> patches.FieldValidation:
    return cast("patches.FieldValidation", call.asked.query.get("fieldValidation") or "Warn")


def _warned(call: Call, outcome: Decoded) -> Json:
    if _validation(call) == "Warn":
        call.warnings += outcome.strict
    return outcome.item


def _patch_refusal(refused: PatchRefused) -> Refused:
    causes = [{"reason": each.reason, "message": each.message, "field": each.field} for each in refused.faults]
    details: Json | None = {"causes": causes} if causes else {} if refused.code == 422 else None
    return Refused(refused.code, refused.reason, refused.message, details)


def check(item: Json, old: Json | None, call: Call) -> None:
    """422 with everything that is wrong with an object, or with the change from an old one."""
    if found := validation.faults(item, old, subresource=call.asked.subresource):
        raise invalid(call.resource.group, call.resource.kind, item["metadata"].get("name", ""), found)


def note_manager(new: Json, old: Json | None, call: Call) -> None:
    """Write down in managedFields who set what, and when."""
    at, subresource = stamp(call.at), call.asked.subresource
    fields = managed_fields.updated(old, new, manager=call.manager, at=at, subresource=subresource)
    new["metadata"].pop("managedFields", None)
    if fields:
        new["metadata"]["managedFields"] = fields
