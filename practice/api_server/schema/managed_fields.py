"""Who set which fields and when: metadata.managedFields as the API server keeps it for writes that are no applies."""

from dataclasses import dataclass
from typing import Any

from practice.api_server.schema.owned_paths import (
    Differences,
    Path,
    differences,
    from_fields_v1,
    owns_any,
    to_fields_v1,
)
from practice.api_server.schema.schemas import Json, Schema, empty, schema_of

_MOST_UPDATERS = 10
_OLD_CHANGES = "ancient-changes"
_NOBODYS: frozenset[Path] = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(
            ("f:metadata", f"f:{name}")
            for name in "name namespace creationTimestamp selfLink uid clusterName generation managedFields "
            "resourceVersion".split()
        ),
    }
)
_RESET: dict[str, tuple[Path, ...]] = {"": (("f:status",),), "status": (("f:spec",),), "finalize": (("f:status",),)}
_RESET_BY_STATUS = {
    "Deployment": (("f:metadata", "f:labels"),),
    "Pod": (("f:metadata", "f:deletionTimestamp"), ("f:metadata", "f:ownerReferences")),
}
"""What a write through that subresource cannot change: nobody owns it for having sent it."""


@dataclass(slots=True)
class _Entry:
    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str
    fields: Json
    """fieldsV1"""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        version = "" if self.operation == "Apply" else self.api_version
        return self.manager, self.operation, version, self.subresource


def manager_of(field_manager: str, user_agent: str) -> str:
    """The name to write down: the one given, or the client's program.

    >>> manager_of("", "kubectl/v1.36.3 (linux/amd64) kubernetes/abc")
    'kubectl'
    """
    return field_manager or "".join(letter for letter in user_agent.partition("/")[0] if letter.isprintable())[:128]


def updated(
    old: Json | None, new: Json, *, manager: str, at: str, subresource: str = "", schema: Schema | None = None
) -> list[Json]:
    """The managedFields of `new` after a create, update or patch by `manager` at a time (`2026-01-01T10:00:00Z`).

    Both objects are as stored and sent, defaulted; `old` is None for a create. What a subresource cannot change is
    left out by itself.
    """
    schema = schema or schema_of(new["apiVersion"], new["kind"])
    given = new["metadata"].get("managedFields")
    before = old["metadata"].get("managedFields", []) if old else []
    gives_up = given in ([], [{}])
    entries = [] if gives_up else _decoded(before if subresource else given or before)
    if old is not None and not entries:
        return []
    changed = differences(old if old is not None else empty(schema), new, schema)
    _without_reset(changed, new["kind"], subresource)
    taken = (changed.added | changed.modified) - _NOBODYS
    lost = changed.added | changed.modified | changed.removed
    for entry in entries:
        if owns_any(entry.fields, lost):
            entry.fields = to_fields_v1(from_fields_v1(entry.fields) - lost)
    if taken:
        self = _Entry(manager, "Update", new["apiVersion"], subresource, at, {})
        known = next((entry for entry in entries if entry.identity == self.identity), None)
        if known:
            taken |= from_fields_v1(known.fields)
            entries.remove(known)
        self.fields = to_fields_v1(taken)
        entries.append(self)
    entries = _capped([entry for entry in entries if entry.fields])
    entries.sort(key=lambda entry: (entry.operation, entry.time, entry.manager, entry.api_version, entry.subresource))
    return [_encoded(entry) for entry in entries]


def _without_reset(changed: Differences, kind: str, subresource: str) -> None:
    reset = _RESET.get(subresource, ())
    if subresource == "status":
        reset += _RESET_BY_STATUS.get(kind, ())
    for paths in (changed.added, changed.modified, changed.removed):
        for path in [path for path in paths if any(path[: len(each)] == each for each in reset)]:
            paths.discard(path)


def _capped(entries: list[_Entry]) -> list[_Entry]:
    """No more than ten that update: the oldest become one."""
    updaters = [entry for entry in entries if entry.operation == "Update"]
    many = len(updaters) - _MOST_UPDATERS
    if many <= 0:
        return entries
    updaters.sort(key=lambda entry: (entry.time, entry.manager))
    merged = updaters[: many + 1]
    version = merged[0].api_version
    fields = to_fields_v1(set[Path]().union(*(from_fields_v1(entry.fields) for entry in merged)))
    bucket = _Entry(_OLD_CHANGES, "Update", version, "", merged[-1].time, fields)
    return [entry for entry in entries if entry not in merged] + [bucket]


def _decoded(entries: list[Json]) -> list[_Entry]:
    return [
        _Entry(
            each.get("manager", ""),
            each["operation"],
            each["apiVersion"],
            each.get("subresource", ""),
            each.get("time", ""),
            each.get("fieldsV1", {}),
        )
        for each in entries
        if each.get("operation") and each.get("apiVersion")
    ]


def _encoded(entry: _Entry) -> Json:
    found: dict[str, Any] = {"manager": entry.manager} if entry.manager else {}
    found |= {"operation": entry.operation, "apiVersion": entry.api_version}
    found |= {"time": entry.time} if entry.time else {}
    found |= {"fieldsType": "FieldsV1", "fieldsV1": entry.fields}
    return found | ({"subresource": entry.subresource} if entry.subresource else {})
