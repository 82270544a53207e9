"""Boxes that one person ticked are ticked for everybody, once what was pressed is on record."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.doors.beside import Beside, done
from bot.doors.teams.places import Place
from bot.doors.ticks import tick_for_everybody
from domain.errors import HildaError
from store.record import Store

log = structlog.get_logger()


@dataclass
class Ticking:
    store: Store
    wake: Callable[[], None]
    """There may be something to say."""
    beside: Beside = field(default_factory=lambda: Beside((HildaError,)))

    def pressed(self, place: Place, message: str, conversation: str) -> None:
        """Somebody saved ticks on a message there; Teams does not wait for what comes of it."""
        if message and message.isprintable():
            self.beside.later(self._show(place, message, conversation))

    async def _show(self, place: Place, message: str, conversation: str) -> None:
        if not await done(self.store, conversation):
            log.warning("a checklist shows old ticks", conversation=conversation)
            return
        # What was said unasked is known by its channel, and what answers somebody by its thread.
        for there in dict.fromkeys((place.id, place.chat)):
            await tick_for_everybody(self.store, f"{there}/{message}", conversation)
        self.wake()
