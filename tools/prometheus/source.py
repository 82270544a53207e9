"""Where metrics come from: one interface, whatever server and whichever client stands behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value at one moment."""

    labels: Mapping[str, str]
    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class SeriesData:
    """One series over time, oldest point first; only numbers (NaN and Inf are left out and counted in `Rows`)."""

    labels: Mapping[str, str]
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as the server evaluates it. Labels and annotations were written by anybody: clean before showing."""

    labels: Mapping[str, str]
    state: str
    """`firing` or `pending`."""
    since: datetime | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")


class Rows(list[T]):
    """A list that also says what is missing from it."""

    def __init__(self, rows: Iterable[T] = (), *, warnings: Iterable[str] = (), not_numbers: int = 0) -> None:
        super().__init__(rows)
        self.warnings: tuple[str, ...] = tuple(warnings)
        """What the server said beside the data: from Thanos, Mimir and federations, that the data is partial."""
        self.not_numbers = not_numbers
        """How many NaN or Inf values were left out (0/0 where there was no traffic, for instance)."""


class MetricsSource(Protocol):
    """Reads only. Every method raises `ToolFailed`: what was asked, what came back, what to do next."""

    url: str
    """Where it reads from, without credentials."""

    async def instant(self, query: str, at: datetime) -> Rows[Sample]:
        """The value of `query` at one moment; empty where nothing matches."""
        ...

    async def range(self, query: str, start: datetime, end: datetime, step_seconds: float) -> Rows[SeriesData]:
        """The value of `query` every `step_seconds` from `start` to `end`; empty where nothing matches."""
        ...

    async def names(self) -> frozenset[str]:
        """The names of all metrics that the server knows."""
        ...

    async def labels(self, selector: str) -> frozenset[str]:
        """The names of the labels on series that match `selector`."""
        ...

    async def alerts(self) -> Rows[Alert]:
        """Alerts that are pending or firing now."""
        ...

    async def close(self) -> None: ...
