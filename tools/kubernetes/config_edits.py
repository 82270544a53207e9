"""How a ConfigMap was edited since it was last applied: keys that vanished, appeared or changed, and when."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from domain.plain_json import Json, dig
from tools.kubernetes.history import shown
from tools.kubernetes.moments import created, moment

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class KeyEdit:
    """One key's value before and after; None where it did not or does not exist."""

    key: str
    old: str | None
    new: str | None

    @property
    def vanished(self) -> bool:
        return self.new is None

    def __str__(self) -> str:
        old = shown(self.key, self.old) if self.old is not None else ""
        new = shown(self.key, self.new) if self.new is not None else ""
        if self.vanished:
            return f"{self.key} removed (was {old})"
        return f"{self.key} added: {new}" if self.old is None else f"{self.key}: {old} -> {new}"


def edits_since_applied(config_map: Json) -> tuple[KeyEdit, ...]:
    """What differs from the last `kubectl apply`; empty when it was never applied, or nothing differs."""
    applied = last_applied(config_map)
    if applied is None:
        return ()
    before: dict[str, str] = dig(applied, "data", default={})
    after: dict[str, str] = dig(config_map, "data", default={})
    keys = dict.fromkeys([*before, *after])
    return tuple(KeyEdit(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key))


def last_applied(item: Json) -> Json | None:
    """The object as `kubectl apply` last saw it, from its own annotation."""
    text = dig(item, "metadata", "annotations", _LAST_APPLIED)
    if not isinstance(text, str):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def edited(item: Json, *fields: str) -> tuple[datetime, str] | None:
    """When and by which tool one of the top-level fields was last written after creation; None if never."""
    begun = created(item)
    found: list[tuple[datetime, str]] = []
    for entry in dig(item, "metadata", "managedFields", default=[]):
        at = moment(entry.get("time"))
        if at is None or (begun is not None and at <= begun) or entry.get("subresource") == "status":
            continue
        if not fields or any(f"f:{field}" in entry.get("fieldsV1", {}) for field in fields):
            found.append((at, str(entry.get("manager", ""))))
    return max(found, default=None)
