"""Keys waiting to be looked at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from practice.api import ApiError
from practice.controllers.work import Work


@asynccontextmanager
async def working(do: Callable[[str], Awaitable[None]], hands: int = 4) -> AsyncIterator[Work[str]]:
    work = Work("test", do, hands=hands)
    task = asyncio.create_task(work.run())
    yield work
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_one_key_is_never_looked_at_twice_at_a_time_and_never_forgotten() -> None:
    """What is added while it is being looked at is looked at once more."""
    at_once, most, looks = 0, 0, 0

    async def look(_: str) -> None:
        nonlocal at_once, most, looks
        at_once, looks = at_once + 1, looks + 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1

    async with working(look) as work:
        for _ in range(20):
            work.add("a")
        await asyncio.sleep(0.005)
        for _ in range(20):
            work.add("a")
        await asyncio.sleep(0.05)

    assert (most, looks) == (1, 2)


async def test_different_keys_are_looked_at_side_by_side() -> None:
    """As many as there are hands."""
    at_once, most = 0, 0

    async def look(_: str) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1

    async with working(look, hands=3) as work:
        for key in "abcdef":
            work.add(key)
        await asyncio.sleep(0.05)

    assert most == 3


async def test_what_failed_is_tried_again() -> None:
    """A refusal by the server or a mistake of ours: neither is the end of the key or of the others."""
    looks: list[str] = []

    async def look(key: str) -> None:
        looks.append(key)
        if looks.count(key) < 3:
            raise ApiError(409, "somebody was faster") if key == "refused" else ValueError("a mistake")

    async with working(look, hands=1) as work:
        for key in ("refused", "mistaken", "fine"):
            work.add(key)
        await asyncio.sleep(0.2)

    assert [looks.count(key) for key in ("refused", "mistaken")] == [3, 3]
    assert looks[2] == "fine"


async def test_the_earlier_of_two_times_counts() -> None:
    """A key that is to be looked at in an hour and soon is looked at soon, once."""
    looks: list[str] = []

    async def look(key: str) -> None:
        looks.append(key)

    async with working(look) as work:
        work.add_after("a", 3600)
        work.add_after("a", 0.01)
        work.add_after("a", 1800)
        await asyncio.sleep(0.05)

    assert looks == ["a"]
