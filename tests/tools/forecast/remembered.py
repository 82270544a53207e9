"""A metrics source over series in memory, answered by practice's own PromQL: quick, and no fake of the language."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from domain.look import Look, Window
from domain.people import Person
from practice.promql.engine import Engine
from practice.promql.labels import NAME, labels_of
from practice.promql.memory import Memory
from practice.promql.values import Scalar, Vector
from tools.forecast.outlook import Outlook
from tools.prometheus.asking import Asker
from tools.prometheus.source import Rows, Sample, SeriesData

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
Course = Callable[[float], float]
"""Hours relative to NOW (negative: before) → a value."""


class Remembered:
    url = "http://prometheus.example"

    def __init__(self, *, hours: float = 80, step_minutes: int = 4) -> None:
        self.memory = Memory()
        self._engine = Engine(self.memory)
        self._names: set[str] = set()
        count = int(hours * 60 / step_minutes)
        start = round(NOW.timestamp() * 1000) - count * step_minutes * 60_000
        self._moments = np.arange(count + 1, dtype=np.int64) * step_minutes * 60_000 + start

    def add(self, name: str, labels: dict[str, str], course: Course) -> None:
        hours = (self._moments - NOW.timestamp() * 1000) / 3_600_000
        values = np.array([course(float(hour)) for hour in hours])
        self._names.add(name)
        self.memory.table(f"{name}{sorted(labels.items())}").extend(
            self._moments, {labels_of({**labels, NAME: name}): values}
        )

    async def names(self) -> frozenset[str]:
        return frozenset(self._names)

    async def labels(self, selector: str) -> frozenset[str]:
        raise AssertionError("no forecast asks for labels")

    async def instant(self, query: str, at: datetime) -> Rows[Sample]:
        found = self._engine.instant(query, round(at.timestamp() * 1000))
        assert isinstance(found, Vector)
        return Rows(Sample(labels, points[-1][1], at) for labels, points in _rows(found.seen(), [at]))

    async def range(self, query: str, start: datetime, end: datetime, step_seconds: float) -> Rows[SeriesData]:
        span = (round(start.timestamp() * 1000), round(end.timestamp() * 1000), round(step_seconds * 1000))
        found = self._engine.range(query, *span)
        assert not isinstance(found, Scalar)
        moments = [datetime.fromtimestamp(at / 1000, UTC) for at in Engine.steps(*span).tolist()]
        return Rows(SeriesData(labels, points) for labels, points in _rows(found.seen(), moments))

    async def alerts(self) -> Rows[Any]:
        return Rows()

    async def close(self) -> None:
        """Nothing to close."""

    async def outlook(self) -> Outlook:
        look = Look(Person("test", "", "1"), NOW)
        window = Window(NOW - timedelta(days=1), NOW)
        return Outlook(NOW, window, Asker(self, look), await self.names(), None, "c1", "somewhere")


def _rows(found: Vector, moments: list[datetime]) -> list[tuple[dict[str, str], tuple[tuple[datetime, float], ...]]]:
    return [
        (
            dict(labels),
            tuple(
                (at, float(v))
                for at, v, there in zip(moments, found.values[i], found.there[i], strict=True)
                if there and np.isfinite(v)
            ),
        )
        for i, labels in enumerate(found.labels)
    ]
