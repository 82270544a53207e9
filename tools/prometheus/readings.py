"""One signal of one service over time, and what every reading of signals needs: a span, a source, who is who."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.look import Window
from tools.prometheus.asking import Asker
from tools.prometheus.identity import Subject, Workloads
from tools.prometheus.inventory import Group, Survey, survey
from tools.prometheus.promql import duration, selector
from tools.prometheus.source import Rows, SeriesData

Points = tuple[tuple[datetime, float], ...]
_FEWEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, how finely, for which namespaces: told to every reading of one look."""

    start: datetime
    end: datetime
    step_seconds: float
    namespaces: tuple[str, ...] | None

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)

    @classmethod
    def until(cls, end: datetime, length: timedelta, points: int, namespaces: Collection[str] | None) -> "Span":
        """About `points` moments, the last of them exactly `end`."""
        step = max(15.0, -(-length.total_seconds() // points // 15) * 15.0)
        steps = -(-length.total_seconds() // step)
        spaces = None if namespaces is None else tuple(sorted(set(namespaces)))
        return cls(end - timedelta(seconds=steps * step), end, step, spaces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One signal of one service over a span."""

    signal: str
    """`latency`, `mean latency`, `errors`, `traffic`, `cpu`, `memory`, `pool`, `restarts`."""
    title: str
    """What a person calls it: `p95 latency`."""
    unit: str
    subject: Subject
    points: Points
    query: str
    """PromQL for just this service."""
    wide: str
    """PromQL for all services that were read together."""
    metric: str
    step_seconds: float
    smear_seconds: float = 0.0
    """How long a value looks back: a rate stays high for that long after it is over."""
    beside: Mapping[str, Points] = field(default_factory=dict)
    """What belongs to it: `failed` requests per second, a pool's `in_use`, `most` and `pending`, a `limit`."""
    container: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks for one span; serving.py, pooling.py and consuming.py know what."""

    ask: Asker
    span: Span
    workloads: Workloads

    async def survey(self, metric: str, *, side: str = "", pods_only: bool = False) -> Survey | None:
        return await survey(
            self.ask,
            metric,
            namespaces=self.span.namespaces,
            at=self.span.end,
            back_seconds=min(7200.0, max(900.0, (self.span.end - self.span.start).total_seconds())),
            workloads=self.workloads,
            side=side,
            pods_only=pods_only,
        )

    async def values(self, query: str) -> Rows[SeriesData]:
        return await self.ask.range(query, self.span.start, self.span.end, self.span.step_seconds)

    async def by_service(self, query: str, group: Group) -> dict[tuple[str, str], Points]:
        """(namespace, value of the service label) → points; only of those that the survey saw."""
        found = ((group.whose(row.labels), row.points) for row in await self.values(query))
        return {whose: points for whose, points in found if whose}

    def window(self, known: Survey) -> float:
        """How far back a rate looks: four scrapes, so that one may be lost, and never less than a step."""
        return max(_FEWEST_SECONDS, self.span.step_seconds, 4 * known.scrape_seconds)


def merged(readings: Collection[Reading]) -> list[Reading]:
    """Each signal of a workload by the first metric that tells it, since ways come best first."""
    metrics: dict[tuple[str, ...], str] = {}
    kept: dict[tuple[str, ...], Reading] = {}
    for reading in readings:
        who = reading.subject
        signal = "latency" if reading.signal == "mean latency" else reading.signal
        about = (signal, who.namespace, who.kind, who.workload, reading.container)
        if metrics.setdefault(about, reading.metric) == reading.metric:
            kept.setdefault((*about, who.service), reading)
    return list(kept.values())


def rate(metric: str, matchers: tuple[str, ...], window: float) -> str:
    return f"rate({selector(metric, *matchers)}[{duration(window)}])"


def grouped(how: str, group: Group, inner: str, *more: str) -> str:
    return f"{how} by ({', '.join((*group.by, *more))}) ({inner})"
