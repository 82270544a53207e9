"""What scrapes leave behind: the same series that a real Prometheus has of the same target."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from practice.children import free_ports
from practice.metrics import answers
from practice.metrics.scraping import Target
from practice.promql.engine import Engine
from practice.promql.memory import Memory
from tests.practice.promql.beside import Real

CALM = """# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{service="cart",job="own",instance="10.0.0.1:80"} 7
requests_total{service="pay \\"\\\\ \\n", empty=""} 1e3
# TYPE queue gauge
queue 0.5
queue{le="+Inf"} +Inf
queue{odd="yes"} NaN
"""
LESS = """# TYPE requests_total counter
requests_total{service="cart",job="own",instance="10.0.0.1:80"} 9
queue_of_another 3
"""
_OWN = ("scrape_duration_seconds", "scrape_series_added")
"""Nobody's are like another's."""


@dataclass
class Fickle:
    """A target whose answer changes, and who was there since."""

    port: int
    text: str = CALM
    status: int = 200
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append("real" if "Prometheus" in request.headers["User-Agent"] else "ours")
        return web.Response(text=self.text, status=self.status)

    async def turn(self, text: str, status: int = 200) -> None:
        """Into something else, until everybody has seen it."""
        self.text, self.status = text, status
        self.asked.clear()
        while min(map(self.asked.count, ("real", "ours"))) < 2:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)


@pytest.fixture
async def fickle() -> AsyncIterator[Fickle]:
    (port,) = free_ports(1)
    target = Fickle(port)
    app = web.Application()
    app.add_routes([web.get("/metrics", target.answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield target
    await runner.cleanup()


@pytest.mark.prometheus
async def test_series_come_and_end_as_in_a_real_one(fickle: Fickle, tmp_path: Path) -> None:
    """A target that answers, leaves series out, fails, talks nonsense, and comes back."""
    scraped = {
        "job_name": "practice",
        "honor_labels": True,
        "static_configs": [{"targets": [f"127.0.0.1:{fickle.port}"]}],
    }
    real = Real.start(
        tmp_path, {"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"}, "scrape_configs": [scraped]}
    )
    memory = Memory()
    target = Target(f"http://127.0.0.1:{fickle.port}/metrics", every=0.2)
    scraping = asyncio.create_task(target.keep_scraping(memory))

    pairs = []
    try:
        for text, status in ((CALM, 200), (LESS, 200), ("no", 500), (CALM, 200), ("what{ is this", 200)):
            await fickle.turn(text, status)
            pairs.append((_of_real(real), _of_ours(memory)))
        types = {name: told[0]["type"] for name, told in real.told("/api/v1/metadata").items()}
    finally:
        await _ended(scraping)
        real.stop()

    for theirs, mine in pairs:
        assert mine == theirs
    assert [len(mine) for _, mine in pairs] == [8, 5, 3, 8, 3]
    assert types.items() <= target.types.items()


async def test_a_target_that_hangs_is_given_up_before_the_next_scrape() -> None:
    """It is down, and the scrapes go on."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Says nothing until nobody listens any more."""
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    memory = Memory()
    target = Target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/metrics", every=0.2)
    scraping = asyncio.create_task(target.keep_scraping(memory))

    await asyncio.sleep(0.9)
    await _ended(scraping)
    server.close()
    await server.wait_closed()

    assert 3 <= len(memory.table(target.url).moments) <= 5
    assert target.told()["health"] == "down"


async def _ended(scraping: asyncio.Task[None]) -> None:
    scraping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await scraping
    # Connections are closed in a turn of the loop of their own.
    await asyncio.sleep(0.05)


def _of_real(real: Real) -> dict[str, str]:
    asked = {"query": '{__name__=~".+"}'}
    return _values(json.loads(real.get("/api/v1/query", **asked)[1]))


def _of_ours(memory: Memory) -> dict[str, str]:
    now = int(time.time() * 1000)
    return _values(json.loads(answers.of_moment(Engine(memory).instant('{__name__=~".+"}', now), now)))


def _values(answer: Any) -> dict[str, str]:
    rows = [(row["metric"], row["value"][1]) for row in answer["data"]["result"]]
    return {json.dumps(metric, sort_keys=True): value for metric, value in rows if metric["__name__"] not in _OWN}
