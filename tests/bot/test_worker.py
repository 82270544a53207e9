"""What a worker takes first: people before bursts of alerts, and alerts that come before those that came."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bot.dispatcher import Dispatcher
from bot.worker import LOOKS_AT_ONCE, Worker
from domain import job_kinds
from domain.alerts import HeardAlert
from practice.waiting import until
from store.record import Store


class Busy:
    """Looks into alerts for ever, and says at once what the clock asks for."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.asked: list[str] = []

    async def alerts(self, group: str) -> None:
        self.looked.append(group)
        await asyncio.sleep(3600)

    async def due(self, what: str, whom: str, moment: datetime) -> AsyncIterator[Any]:
        self.asked.append(what)
        return
        yield


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "key" / "audit.key")
    yield opened
    await opened.close()


@pytest.fixture
async def busy(store: Store) -> AsyncIterator[Busy]:
    dispatcher = Busy()
    worker = Worker(store, cast("Dispatcher", dispatcher), "w1", "c1", 30)
    running = asyncio.create_task(worker.run(at_once=LOOKS_AT_ONCE + 2))
    yield dispatcher
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def alert(number: int) -> HeardAlert:
    started = datetime(2026, 3, 1, tzinfo=UTC)
    return HeardAlert(f"f{number}", "KubeJobFailed", {"a": "b"}, started, firing=True, group=f"g{number}")


async def test_nobody_waits_behind_a_burst_of_alerts(store: Store, busy: Busy) -> None:
    """Some groups are looked into at once, and there is room for who asks."""
    await store.alerts.receive([alert(number) for number in range(50)], "webhook/x", cluster="c1")

    async def so_many_looks() -> bool:
        return len(busy.looked) >= LOOKS_AT_ONCE

    await until("the looks to be under way", so_many_looks, seconds=20)
    asked = {"what": "report", "for": "slack:T1:C1:", "at": "2026-03-01T00:00:00+00:00"}
    await store.jobs.put("asked", job_kinds.due("c1"), asked)

    async def heard() -> bool:
        return busy.asked == ["report"]

    await until("the question to be heard", heard, seconds=20)
    assert len(busy.looked) == LOOKS_AT_ONCE


async def test_a_burst_is_taken_in_before_it_is_looked_into(
    store: Store, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While alerts keep coming none is looked into; right after them they are."""
    monkeypatch.setattr("store.work.alerts._PAUSE", 3.0)
    for number in range(20):
        await store.alerts.receive([alert(number)], "webhook/x", cluster="c1")
        await asyncio.sleep(0.05)
        assert busy.looked == []

    async def looked() -> bool:
        return len(busy.looked) >= LOOKS_AT_ONCE

    await until("the looks to be under way", looked, seconds=20)
