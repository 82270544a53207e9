"""Silences, as Alertmanager keeps them: matchers for a while, by somebody, for a reason."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from practice.promql.labels import Labels
from practice.promql.matchers import Matcher, all_hold, compiled
from practice.promql.problems import BadQuery

_NEEDED = ("comment", "createdBy", "endsAt", "matchers", "startsAt")


class BadSilence(Exception):
    """It cannot be kept as it was written; the text says why."""


@dataclass(frozen=True)
class Silence:
    id: str
    matchers: Sequence[Mapping[str, Any]]
    starts: datetime
    ends: datetime
    created_by: str
    comment: str
    updated: datetime

    @classmethod
    def parse(cls, value: Mapping[str, Any], now: datetime) -> "Silence":
        for name in _NEEDED:
            if not value.get(name):
                raise BadSilence(f"{name} in body is required")
        try:
            starts, ends = (datetime.fromisoformat(value[name]) for name in ("startsAt", "endsAt"))
            matchers = [{"isEqual": True, **each} for each in value["matchers"]]
            [_matcher(each) for each in matchers]
        except (ValueError, TypeError, KeyError, BadQuery) as wrong:
            raise BadSilence(f"silence invalid: {wrong}") from wrong
        if not starts.tzinfo or not ends.tzinfo:
            raise BadSilence("silence invalid: its times do not say in which zone they are")
        if ends <= starts:
            raise BadSilence("Failed to create silence: start time must be before end time")
        if ends <= now:
            raise BadSilence("Failed to create silence: end time can't be in the past")
        new = value.get("id") or str(uuid.uuid4())
        return cls(new, matchers, max(starts, now), ends, value["createdBy"], value["comment"], now)

    def holds(self, labels: Labels, now: datetime) -> bool:
        return self.state(now) == "active" and all_hold([_matcher(each) for each in self.matchers], labels)

    def state(self, now: datetime) -> str:
        return "pending" if now < self.starts else "active" if now < self.ends else "expired"

    def told(self, now: datetime) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": {"state": self.state(now)},
            "updatedAt": written(self.updated),
            "comment": self.comment,
            "createdBy": self.created_by,
            "endsAt": written(self.ends),
            "matchers": list(self.matchers),
            "startsAt": written(self.starts),
        }


@dataclass
class Silences:
    _kept: dict[str, Silence] = field(default_factory=dict)

    def keep(self, silence: Silence) -> None:
        self._kept[silence.id] = silence

    def find(self, name: str) -> Silence | None:
        return self._kept.get(name)

    def expire(self, silence: Silence, now: datetime) -> None:
        if silence.state(now) != "expired":
            self._kept[silence.id] = replace(silence, ends=now, updated=now)

    def of(self, labels: Labels, now: datetime) -> list[str]:
        """The ids of those that silence an alert of these labels."""
        return [silence.id for silence in self._kept.values() if silence.holds(labels, now)]

    def __iter__(self) -> Iterator[Silence]:
        return iter(self._kept.values())


def _matcher(told: Mapping[str, Any]) -> Matcher:
    pattern = compiled(told["value"]) if told["isRegex"] else None
    return Matcher(told["name"], told["value"], negated=not told["isEqual"], pattern=pattern)


def written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
