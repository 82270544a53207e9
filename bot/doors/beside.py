"""Work beside a conversation: the platform was answered already, and nothing depends on what comes of it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from store.record import Store

DONE_SECONDS = 20.0
"""How long somebody waits to see what came of what they did."""

log = structlog.get_logger()


@dataclass
class Beside:
    expected: tuple[type[Exception], ...]
    """What may go wrong with it: that is said in the log, and the rest goes on."""
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._loudly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _loudly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except self.expected as why:
            log.warning("something beside the conversation did not work", why=str(why))


async def done(store: Store, conversation: str) -> bool:
    """Wait until everything that was heard in a conversation has been done; False where that takes too long."""
    try:
        async with asyncio.timeout(DONE_SECONDS):
            while await store.jobs.waiting(conversation):
                await asyncio.sleep(0.2)
    except TimeoutError:
        return False
    return True
