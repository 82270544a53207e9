"""Every query that Hilda builds has the same answer from memory and from a real Prometheus fed the same samples."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from importlib import resources

import numpy as np
import pytest
import yaml

from domain.look import Look
from domain.people import Person
from practice.children import free_ports
from practice.metrics.exposition import Reader
from practice.metrics.rules import Rules
from practice.metrics.serving import serve
from practice.promql.engine import Engine
from practice.promql.labels import Labels
from practice.promql.memory import ABSENT, Memory
from tests.practice.promql.beside import Both, Real
from tests.tools.prometheus.conventions import CONVENTIONS, SPACE
from tests.tools.prometheus.test_signals import pool_incident
from tests.tools.prometheus.worlds import NOW, World
from tools.prometheus.access import Access
from tools.prometheus.server import PrometheusServer
from tools.prometheus.signals import read_signals
from tools.prometheus.source import Rows, Sample, SeriesData

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(180)]

END = int(NOW.timestamp() * 1000)
LOOKED_AT = 110 * 60_000
"""Milliseconds: what a look reads, and what its first rates look back on."""
WORLDS: dict[str, tuple[Callable[[], World], str]] = {
    "pool": (pool_incident, "shop-kx"),
    **{name: (make, SPACE) for name, (make, _) in CONVENTIONS.items()},
}


class Recording(PrometheusServer):
    """Keeps what it was asked."""

    def __init__(self, url: str) -> None:
        super().__init__(Access.of(url), seconds=10)
        self.instants: set[tuple[str, int]] = set()
        self.ranges: set[tuple[str, int, int, int]] = set()

    async def instant(self, query: str, at: datetime) -> Rows[Sample]:
        self.instants.add((query, _milliseconds(at)))
        return await super().instant(query, at)

    async def range(self, query: str, start: datetime, end: datetime, step_seconds: float) -> Rows[SeriesData]:
        self.ranges.add((query, _milliseconds(start), _milliseconds(end), round(step_seconds * 1000)))
        return await super().range(query, start, end, step_seconds)


@pytest.fixture
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    real = Real.start(tmp_path_factory.mktemp("prometheus"), {})
    yield real
    real.stop()


@pytest.mark.parametrize("name", WORLDS)
async def test_a_look_is_answered_alike(name: str, real: Real) -> None:
    """A whole look at a made-up world, whatever its metrics are called; then each of its questions asked of both."""
    make, space = WORLDS[name]
    memory = remembered(make())

    async with answering(memory) as source:
        look = Look(Person("terminal", "here", "1000"), NOW, seconds=10.0)
        signals = await read_signals(source, look, namespaces=[space])
    both = Both.fed(real, memory)
    differences = [both.differ_at(query, at) for query, at in source.instants]
    differences += [both.differ_over(query, *span) for query, *span in source.ranges]

    assert signals.findings
    assert len(differences) > 5
    assert "\n".join(filter(None, differences)) == ""


async def test_alert_rules_are_answered_alike(real: Real) -> None:
    """The expression of every alert rule that practice has, over a world in which it has something to say."""
    groups = yaml.safe_load(resources.files("practice.scenarios").joinpath("alert-rules.yaml").read_text())["groups"]
    memory = remembered(pool_incident())
    both = Both.fed(real, memory)

    queries = [rule["expr"] for group in groups for rule in group["rules"]]
    differences = [both.differ_over(query, END - LOOKED_AT, END, 30_000) for query in queries]

    assert "\n".join(filter(None, differences)) == ""


@asynccontextmanager
async def answering(memory: Memory) -> AsyncIterator[Recording]:
    (port,) = free_ports(1)
    runner = await serve(Engine(memory), [], Rules(), port=port)
    source = Recording(f"http://127.0.0.1:{port}")
    try:
        yield source
    finally:
        await source.close()
        await runner.cleanup()


def remembered(world: World) -> Memory:
    """The last part of a world's samples, which all come at the same moments."""
    columns: dict[str, dict[int, float]] = {}
    for line in world.text().splitlines():
        if not line.startswith("#"):
            series, value, stamp = line.rsplit(" ", 2)
            if int(stamp) * 1000 >= END - LOOKED_AT:
                columns.setdefault(series, {})[int(stamp) * 1000] = float(value)
    moments = sorted({at for values in columns.values() for at in values})
    told = {_labels(series): np.array([values.get(at, ABSENT) for at in moments]) for series, values in columns.items()}
    memory = Memory()
    memory.table("world").extend(np.array(moments, np.int64), told)
    return memory


def _labels(series: str) -> Labels:
    ((labels, _, _),) = Reader().samples(f"{series} 0")
    return labels


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
