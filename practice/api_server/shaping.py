"""What every written object goes through: decoding, patches, validation, the note of who wrote it."""

from typing import cast

from practice.api import Json
from practice.api_server.bodies import media_of
from practice.api_server.call import Call
from practice.api_server.refusals import Refused, bad_request, invalid
from practice.api_server.schema import managed_fields, patches, validation
from practice.api_server.schema.kind_words import wrong_kind
from practice.api_server.schema.patch_errors import PatchRefused
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import CannotDecode, Decoded, decoded, strict_error
from practice.api_server.schema.warning_words import warnings_about
from practice.api_server.times import stamp


def given(call: Call) -> Json:
    """The object of the body as its kind has it: what the kind does not know is warned of, or refused."""
    wanted = dict(zip(("apiVersion", "kind"), call.body_kind, strict=True))
    # The object itself is completed, not a copy: it knows which keys came twice.
    item: Json = call.body
    for key in wanted:
        item[key] = item.get(key) or wanted[key]
    version = str(item["apiVersion"]).rpartition("/")[2]
    front = f'{item["kind"]} in version "{version}" cannot be handled as a {wanted["kind"]}: '
    if why := wrong_kind(item, wanted):
        raise bad_request(front + why)
    try:
        outcome = decoded(item, schema_of(*call.body_kind))
    except CannotDecode as error:
        raise bad_request(front + str(error)) from None
    if outcome.strict and _validation(call) == "Strict":
        raise bad_request(front + strict_error(outcome.strict))
    return _warned(call, outcome)


def patched(call: Call, current: Json) -> Json:
    """The object as the patch would have it."""
    schema = schema_of(*call.body_kind)
    try:
        outcome = patches.patched(current, call.raw, media_of(call.content_type), schema, _validation(call))
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
    """422 with everything that is wrong with an object, or with a change; warnings of what is odd."""
    if found := validation.faults(item, old, subresource=call.asked.subresource):
        raise invalid(call.resource.group, call.resource.kind, item["metadata"].get("name", ""), found)
    if not call.asked.subresource:
        call.warnings += warnings_about(item, old)


def note_manager(new: Json, old: Json | None, call: Call) -> None:
    """Write down in managedFields who set what, and when."""
    at, subresource = stamp(call.at), call.asked.subresource
    fields = managed_fields.updated(old, new, manager=call.manager, at=at, subresource=subresource)
    new["metadata"].pop("managedFields", None)
    if fields:
        new["metadata"]["managedFields"] = fields
