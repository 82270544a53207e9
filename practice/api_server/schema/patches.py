"""Patches of all three kinds: from an object and a request's body to the object that results, or a refusal."""

import json
from typing import Any, Literal, TypeAlias

from practice.api_server.schema.faults import invalid, summary
from practice.api_server.schema.go_words import go_format
from practice.api_server.schema.json_patch import json_patched
from practice.api_server.schema.kind_words import wrong_kind
from practice.api_server.schema.merge_patch import merge_patched
from practice.api_server.schema.patch_errors import PatchRefused, bad_request
from practice.api_server.schema.schemas import Json, Schema
from practice.api_server.schema.strategic_merge import merged
from practice.api_server.schema.unknown_fields import (
    CannotDecode,
    Decoded,
    decoded,
    parsed,
    repeated_keys,
    strict_error,
)

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

FieldValidation: TypeAlias = Literal["Strict", "Warn", "Ignore"]


def patched(
    current: Json, body: bytes, content_type: str, schema: Schema, validation: FieldValidation = "Warn"
) -> Decoded:
    """What the patch makes of the object, not yet defaulted, with the warnings to give; PatchRefused otherwise.

    `current` is as it is stored; what stays as it was is shared with it.
    """
    try:
        patch = parsed(body)
    except ValueError as bad:
        raise bad_request(_bad_json(bad, content_type)) from None
    again = repeated_keys(patch)
    found: Any
    match content_type:
        case str(kind) if kind == STRATEGIC:
            _must_be_a_map(patch, "")
            found, quoted = merged(current, patch, schema), go_format(patch)
        case str(kind) if kind == MERGE:
            _must_be_a_map(patch, "error decoding patch: ")
            found = merge_patched(current, patch)
            quoted = _compact(found)
        case _:
            found = json_patched(current, patch)
            again = [f"json patch {each}" for each in again]
            quoted = _compact(found)
    if content_type == STRATEGIC:
        found |= {name: current[name] for name in ("apiVersion", "kind") if isinstance(found.get(name, ""), str)}
    else:
        found.setdefault("kind", current["kind"])
        if why := _other_kind(found, current):
            raise _refused(quoted, why)
    try:
        outcome = decoded(found, schema, patched=content_type == STRATEGIC, settled=current)
    except CannotDecode as bad:
        raise _refused(quoted, str(bad)) from None
    if not outcome.item["metadata"].get("name") or "apiVersion" not in outcome.item:
        raise _nameless(current)
    outcome.strict[:0] = again
    if validation == "Ignore":
        outcome.strict.clear()
    elif validation == "Strict" and outcome.strict:
        raise _refused(quoted, strict_error(outcome.strict))
    return outcome


def _other_kind(found: Json, current: Json) -> str:
    version, kind = found.get("apiVersion"), found.get("kind")
    for name, value in (("apiVersion", version), ("kind", kind)):
        if not isinstance(value, str | None):
            given = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "number"
            front = "couldn't get version/kind; json parse error: json: cannot unmarshal"
            return f"{front} {given} into Go struct field .{name} of type string"
    return wrong_kind(found, current) if version and kind else ""


def _nameless(current: Json) -> PatchRefused:
    name = current["metadata"]["name"]
    return bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")


def _refused(quoted: str, why: str) -> PatchRefused:
    fault = invalid("patch", quoted, why)
    return PatchRefused(422, "Invalid", f' "" is invalid: {summary([fault])}', (fault,))


def _must_be_a_map(patch: Any, words: str) -> None:
    if not isinstance(patch, dict):
        given = "array" if isinstance(patch, list) else "string" if isinstance(patch, str) else "number"
        raise bad_request(f"{words}json: cannot unmarshal {given} into Go value of type map[string]interface {{}}")


def _bad_json(bad: ValueError, content_type: str) -> str:
    front = "" if content_type == STRATEGIC else "error decoding patch: "
    return f"{front}{bad}"


def _compact(item: Json) -> str:
    return json.dumps({key: item[key] for key in sorted(item)}, separators=(",", ":"), ensure_ascii=False)
