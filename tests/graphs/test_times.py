"""Moments in words, and what the words stand for: doors whose readers are in several zones need to know."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.cards import card
from graphs.words import times

NOW = datetime(2026, 11, 20, 15, 50, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=30)


async def test_what_is_put_into_words_meanwhile_is_noted_also_by_tasks() -> None:
    """Steps of a workflow run in tasks of their own."""
    with times.noted() as found:
        await asyncio.create_task(_says_so())
        times.clock_for_all(NOW, NOW, "Europe/Berlin")
    times.clock(NOW, NOW, "UTC")

    assert found == {"19 Nov 10:50": BEFORE, "16:50": NOW, "16:50 CET": NOW}
    assert times.with_moments(card("t"), found).moments == tuple(found.items())


async def _says_so() -> None:
    assert times.since(BEFORE, NOW, "Europe/Berlin") == "19 Nov 10:50 (1 day ago)"


def test_nothing_is_noted_where_nobody_asked() -> None:
    assert times.clock(NOW, NOW, "UTC") == "15:50"
    assert times.with_moments(card("t"), {}) == card("t")
