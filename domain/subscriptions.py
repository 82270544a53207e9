"""Who gets the daily report: where, when, and how much of it."""

from dataclasses import dataclass, field
from datetime import datetime, time

from domain.findings import Severity
from domain.plain_json import Json


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a report is told; nothing named means all."""

    namespaces: tuple[str, ...] = ()
    lowest: Severity = Severity.info

    def as_json(self) -> Json:
        return {"namespaces": list(self.namespaces), "lowest": self.lowest.name}

    @classmethod
    def parse(cls, value: Json) -> "Filters":
        """What `as_json` wrote; names that another release wrote are left out."""
        lowest = str(value.get("lowest", "info"))
        return cls(
            tuple(map(str, value.get("namespaces", ()))),
            Severity[lowest] if lowest in Severity.__members__ else Severity.info,
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    conversation: str
    """The channel's, beside its threads."""
    at: time
    """By the clock of its zone."""
    zone: str
    """IANA name."""
    by: str
    since: datetime
    """When it was made, or last changed: what was due before that is not made up for."""
    filters: Filters = field(default_factory=Filters)
    last_at: datetime | None = None
    """Up to when the report before told."""
