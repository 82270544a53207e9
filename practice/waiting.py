"""Waiting for something to become true, with an end."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class TookTooLong(Exception):
    """It did not become true in time; the text says what was waited for and how it stood."""


async def until(
    what: str, holds: Callable[[], Awaitable[bool]], *, seconds: float = 60, check: Callable[[], None] | None = None
) -> None:
    """Return once `holds()` is true; `check` may raise when waiting has become pointless."""
    deadline = time.monotonic() + seconds
    while not await holds():
        if check:
            check()
        if time.monotonic() > deadline:
            raise TookTooLong(f"Waited {seconds:.0f} s in vain: {what}.")
        await asyncio.sleep(0.05)
