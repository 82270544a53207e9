"""Whether an object is still as it was when the proposal was made, and requests that fail when it is not."""

from typing import Any

import orjson

from domain.errors import ToolFailed
from domain.plain_json import Json, dig
from domain.proposals import DECISIVE_FIELDS, Precondition, field_text
from domain.scripts import ApiRequest
from hands.api_request import Refused
from tools.kubernetes.client import KubeClient
from tools.kubernetes.kinds import KINDS, Kind

SECONDS = 10.0


class Drifted(Exception):
    """The object is not what was approved any more; the text says what was expected and what is there."""


def is_about(expected: Precondition, request: ApiRequest) -> bool:
    """Whether `request` touches the object (or a subresource of it) that `expected` describes."""
    kind = KINDS.get(expected.kind)
    if kind is None or kind.group != expected.api_version.rpartition("/")[0]:
        return False
    return (kind.group, kind.plural, expected.name) == (request.group, request.resource, request.name) and (
        expected.namespace if kind.namespaced else ""
    ) == request.namespace


async def unchanged(client: KubeClient, expected: Precondition, headers: Any = None) -> Json:
    """The object as it is now, or Drifted; ToolFailed where it cannot be read."""
    path = _kind(expected).path(expected.namespace or None, expected.name)
    try:
        now = await client.get(path, seconds=SECONDS, headers=headers)
    except ToolFailed as failed:
        if failed.status == 404:
            raise Drifted(f"{_named(expected)} is gone.") from failed
        raise
    uid = dig(now, "metadata", "uid", default="")
    if uid != expected.uid:
        raise Drifted(f"{_named(expected)} is another object of the same name now: uid {uid}, not {expected.uid}.")
    field, _, version = expected.version.partition(":")
    if field not in {"generation", "resourceVersion", DECISIVE_FIELDS.get(expected.kind)}:
        raise Drifted(f"{_named(expected)} was recorded with the unknown version {expected.version!r}.")
    found = field_text(now, field if field.startswith("spec.") else f"metadata.{field}")
    if found != version:
        raise Drifted(f"{_named(expected)} was changed since: {field} {found}, not {version}.")
    return now


def pinned(method: str, content_type: str, body: bytes, now: Json) -> bytes:
    """The same request, which the API server itself refuses when the object is no longer `now`."""
    uid, version = now["metadata"]["uid"], now["metadata"]["resourceVersion"]
    value: Any = orjson.loads(body) if body.strip() else {}
    match method, content_type.split(";")[0].strip():
        case "DELETE", _:
            value = {"kind": "DeleteOptions", "apiVersion": "v1", **value, "preconditions": {"uid": uid}}
        case "PATCH", "application/json-patch+json":
            test = {"op": "test", "path": "/metadata/uid", "value": uid}
            value = [test, {"op": "replace", "path": "/metadata/resourceVersion", "value": version}, *value]
        case ("PATCH", "application/merge-patch+json" | "application/strategic-merge-patch+json") | ("PUT", _):
            value["metadata"] = {**(value.get("metadata") or {}), "uid": uid, "resourceVersion": version}
        case _, kind:
            raise Refused(f"a {method} with content type {kind!r} cannot be tied to the object that was approved")
    return orjson.dumps(value)


def _kind(expected: Precondition) -> Kind:
    group = expected.api_version.rpartition("/")[0]
    kind = KINDS.get(expected.kind)
    if kind is None or kind.group != group:
        raise Drifted(f"{_named(expected)} ({expected.api_version}) is of a kind that cannot be compared here.")
    return kind


def _named(expected: Precondition) -> str:
    where = f"{expected.namespace}/" if expected.namespace else ""
    return f"{expected.kind} {where}{expected.name}"
