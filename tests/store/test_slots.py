"""Slots: what is due at a moment is done by one of however many ask."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from store.record import Store

EIGHT = datetime(2026, 3, 29, 8, tzinfo=UTC)


async def test_a_slot_is_taken_once_by_whoever_asks_first(store: Store, database_url: str) -> None:
    """Four asks each of two processes: one of them all has it."""
    other = await Store.open(database_url, store.audit_key.path)
    try:
        taken = await asyncio.gather(*(one.slots.take("report", EIGHT) for one in (store, other) for _ in range(4)))
    finally:
        await other.close()

    assert sorted(taken) == [False] * 7 + [True]


async def test_each_name_has_its_own_moments(store: Store) -> None:
    assert await store.slots.take("report", EIGHT)
    assert await store.slots.take("poll", EIGHT)
    assert await store.slots.take("report", EIGHT + timedelta(days=1))

    assert await store.slots.newest("report") == EIGHT + timedelta(days=1)
    assert await store.slots.newest("nothing") is None


async def test_a_slot_whose_transaction_fails_is_free_again(store: Store) -> None:
    """What was to be put with it was not put, so somebody else may take both."""

    async def fails() -> None:
        async with store.database.begin() as tx:
            assert await store.slots.take("report", EIGHT, tx=tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()

    assert await store.slots.take("report", EIGHT)


async def test_only_moments_long_past_are_forgotten(store: Store) -> None:
    now = datetime.now(UTC)
    for days in (0, 1, 3, 9):
        await store.slots.take("report", now - timedelta(days=days))

    assert await store.slots.prune(timedelta(days=2)) == 2
    assert await store.slots.newest("report") == now
