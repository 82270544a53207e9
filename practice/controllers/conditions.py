"""Conditions of a status: find one, set one, keeping the time of the last change of its status. Pure."""

from collections.abc import Sequence

from practice.api import Json
from practice.controllers.times import stamp


def condition(item: Json, kind: str) -> Json | None:
    return next((each for each in item.get("status", {}).get("conditions") or () if each["type"] == kind), None)


def holds(item: Json, kind: str) -> bool:
    return (condition(item, kind) or {}).get("status") == "True"


def changed(conditions: Sequence[Json], new: Json) -> list[Json]:
    """The conditions with `new` in the place of the one of its type; its lastTransitionTime is set as it should be."""
    old = next((each for each in conditions if each["type"] == new["type"]), None)
    since = old["lastTransitionTime"] if old and old["status"] == new["status"] else stamp()
    new = {**new, "lastTransitionTime": since}
    if old is None:
        return [*conditions, new]
    return [new if each is old else each for each in conditions]


def without(conditions: Sequence[Json], kind: str) -> list[Json]:
    return [each for each in conditions if each["type"] != kind]
