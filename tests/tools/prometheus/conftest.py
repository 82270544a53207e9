"""Fixtures for looking at metrics: a real Prometheus over made-up series, and a look."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.look import Look
from domain.people import Person
from tests.needs import needs
from tests.tools.prometheus.worlds import NOW, Served, World, serve

Serving = Callable[..., Served]


@pytest.fixture(scope="session")
def prometheus_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Starts a Prometheus over a world, once per key; all end with the tests."""
    needs("prometheus", "promtool")
    running: dict[str, Served] = {}

    def start(key: str, make: Callable[[], World], *, flags: tuple[str, ...] = (), rules: str = "") -> Served:
        if key not in running:
            folder: Path = tmp_path_factory.mktemp(key)
            running[key] = serve(make(), folder, flags=flags, rules=rules)
        return running[key]

    yield start
    for served in running.values():
        served.stop()


@pytest.fixture
def look() -> Look:
    return Look(Person("terminal", "here", "1000"), NOW, seconds=10.0)
