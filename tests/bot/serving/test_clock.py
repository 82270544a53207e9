"""The clock: each thing at its time, by one replica, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.clock import Timed, strike, ticking
from domain.errors import ToolFailed
from store.record import Store

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "keys" / "audit.key")
    yield opened
    await opened.close()


class Rounds:
    """Remembers when it was run; fails where it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.at: list[datetime] = []
        self.failures = list(failures)
        self.enough = asyncio.Event()

    async def run(self, due: datetime) -> None:
        self.at.append(due)
        if len(self.at) >= 3:
            self.enough.set()
        if self.failures:
            raise self.failures.pop(0)


@given(
    now=some.datetimes(timezones=some.just(UTC), min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    seconds=some.integers(1, 90_000),
)
def test_the_due_moment_has_come_and_is_the_latest(now: datetime, seconds: int) -> None:
    due = Timed("anything", timedelta(seconds=seconds), Rounds().run).due(now)

    assert due <= now < due + timedelta(seconds=seconds)


async def test_one_of_two_replicas_does_it_although_their_clocks_differ(store: Store) -> None:
    rounds = Rounds()
    timed = Timed("poll", timedelta(seconds=30), rounds.run)

    done = [
        await strike(timed, store.slots, "a", NOON),
        await strike(timed, store.slots, "b", NOON + timedelta(seconds=9)),
        await strike(timed, store.slots, "b", NOON + timedelta(seconds=31)),
    ]

    assert done == [True, False, True]
    assert rounds.at == [NOON, NOON + timedelta(seconds=30)]


@pytest.mark.parametrize("failure", [ToolFailed("nobody answers"), ZeroDivisionError()])
async def test_what_fails_is_done_again_at_its_next_time(store: Store, failure: Exception) -> None:
    rounds = Rounds(failure)
    timed = Timed("poll", timedelta(seconds=30), rounds.run)

    await strike(timed, store.slots, "a", NOON)
    await strike(timed, store.slots, "a", NOON + timedelta(seconds=30))

    assert rounds.at == [NOON, NOON + timedelta(seconds=30)]


async def test_the_clock_ticks_until_it_is_closed(store: Store) -> None:
    """A thing that hangs keeps neither the others nor the end waiting."""
    rounds, begun, cancelled = Rounds(ZeroDivisionError()), asyncio.Event(), asyncio.Event()

    async def hangs(due: datetime) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    things = (Timed("hangs", timedelta(seconds=0.05), hangs), Timed("ticks", timedelta(seconds=0.05), rounds.run))
    async with asyncio.timeout(20), ticking(things, store.slots, "a"):
        await begun.wait()
        await rounds.enough.wait()

    assert cancelled.is_set()
    assert len(rounds.at) == len(set(rounds.at))


async def test_what_has_slots_of_its_own_is_done_by_every_replica(store: Store) -> None:
    rounds = Rounds()
    timed = Timed("reports", timedelta(seconds=5), rounds.run, everywhere=True)

    assert [await strike(timed, store.slots, name, NOON) for name in "ab"] == [True, True]
    assert await store.slots.newest("reports") is None
