"""Alerts: what a monitoring system says of one, and what the store remembers of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CLOCKS_MAY_DIFFER = timedelta(minutes=5)
"""A moment this far in the future is still a clock that is a little ahead."""
PLAUSIBLY_OLD = timedelta(days=400)
"""An alert that says it began longer ago than this does not know when it began."""


@dataclass(frozen=True, slots=True)
class HeardAlert:
    """One alert as a sender tells it, already checked and cut to size."""

    fingerprint: str
    """What makes it the same alert, whenever it fires."""
    name: str
    labels: Mapping[str, str]
    started_at: datetime
    firing: bool
    group: str
    """The key of its group: what is looked at, announced and followed together."""
    ended_at: datetime | None = None
    annotations: Mapping[str, str] | None = None
    severity: str = ""
    """The word its rule gives it, as it is: sites have their own."""
    cluster: str = ""
    """The cluster that its labels name, "" where they name none."""
    link: str = ""
    """Where the sender shows it: the query that fires."""
    suppressed: str = ""
    """Why the sender tells nobody about it: `silenced by …`, `inhibited by …`; "" when it does."""
    said_at: datetime | None = None
    """The moment of which this tells, where that is known: an answer to a question asked then. By the store's clock."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of an alert, from the moment it fires to the moment it is over."""

    id: int
    fingerprint: str
    name: str
    severity: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    started_at: datetime
    """As the sender says; `began` is what to believe."""
    received_at: datetime
    seen_at: datetime
    """When somebody last said something of it."""
    state: Literal["firing", "resolved"]
    group_key: str
    resolved_at: datetime | None = None
    ended: str = ""
    """How it came to be over: `told`, `refired`, `vanished` (listed no longer), `silent` (unheard of for too long)."""
    source: str = ""
    """By which way it came: `webhook/RECEIVER` or `poll/RECEIVER`."""
    cluster: str = ""
    link: str = ""
    suppressed: str = ""
    incident: str = ""

    @property
    def firing(self) -> bool:
        return self.state == "firing"

    @property
    def namespace(self) -> str:
        return namespace_of(self.labels)

    @property
    def began(self) -> datetime:
        """When it began, or when it was first heard of where what it says cannot be."""
        return self.received_at if self.odd_clock else self.started_at

    @property
    def odd_clock(self) -> str:
        """What is wrong about the moment it says it began; "" when nothing is."""
        ahead = self.started_at - self.received_at
        if ahead > CLOCKS_MAY_DIFFER:
            return f"its sender's clock is {_span(ahead)} ahead"
        if -ahead > PLAUSIBLY_OLD:
            return f"it says it began in {self.started_at.year}"
        return ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many alerts of a group, or of everything, are in which state now."""

    firing: int = 0
    suppressed: int = 0
    resolved: int = 0


def namespace_of(labels: Mapping[str, str]) -> str:
    """The namespace an alert is about; `exported_namespace` is it where the scraped exporter's own has its place."""
    return next((labels[name] for name in _NAMESPACES if labels.get(name)), "")


_NAMESPACES = ("exported_namespace", "namespace", "kubernetes_namespace")


def _span(length: timedelta) -> str:
    seconds = length.total_seconds()
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
