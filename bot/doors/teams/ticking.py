"""Boxes that one person ticked are ticked for everybody, once what was pressed is on record."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.doors.teams.places import Place
from bot.doors.ticks import tick_for_everybody
from domain.errors import HildaError
from store.record import Store

DONE_SECONDS = 20.0
"""How long the list waits for what was pressed."""

log = structlog.get_logger()


@dataclass
class Ticking:
    store: Store
    wake: Callable[[], None]
    """There may be something to say."""
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def pressed(self, place: Place, message: str, conversation: str) -> None:
        """Somebody saved ticks on a message there; Teams does not wait for what comes of it."""
        if not message or not message.isprintable():
            return
        task = asyncio.create_task(self._show(place, message, conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _show(self, place: Place, message: str, conversation: str) -> None:
        try:
            async with asyncio.timeout(DONE_SECONDS):
                while await self.store.jobs.waiting(conversation):
                    await asyncio.sleep(0.2)
            # What was said unasked is known by its channel, and what answers somebody by its thread.
            for there in dict.fromkeys((place.id, place.chat)):
                await tick_for_everybody(self.store, f"{there}/{message}", conversation)
        except (HildaError, TimeoutError) as why:
            log.warning("a checklist shows old ticks", why=str(why))
        self.wake()
