"""Home tabs that people looked at lately: shown anew when somebody decided, or something else in them changed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.doors.slack.calls import Away, Busy, Refused
from domain.errors import HildaError
from domain.people import Person
from store.record import Store
from store.work.journal import JournalEntry

EVERY_SECONDS = 1.0
"""At most so often, whatever happens in between."""
WATCHED_SECONDS = 4 * 3600.0
"""How long after it was opened a Home tab is kept up to date; opened again, it is anyway."""
MOST = 50
"""Slack takes about a hundred views a minute."""
_SHOWN = ("proposal:", "incident-")
"""How keys begin under which something is said that stands in Home tabs, too."""
_DECISIONS = frozenset({"decided", "settled"})

log = structlog.get_logger()


@dataclass
class OpenHomes:
    """Each replica keeps those that were opened through it."""

    store: Store
    clock: Callable[[], float] = time.monotonic
    _opened: dict[Person, float] = field(default_factory=dict)
    _cursor: int = -1
    """What was seen of the journal, -1 while nobody needs it."""

    async def opened(self, person: Person) -> None:
        if self._cursor < 0:
            self._cursor = await self.store.journal.newest()
        self._opened.pop(person, None)
        self._opened[person] = self.clock()
        if len(self._opened) > MOST:
            self._opened.pop(next(iter(self._opened)))

    @property
    def watched(self) -> tuple[Person, ...]:
        now = self.clock()
        self._opened = {person: at for person, at in self._opened.items() if now - at < WATCHED_SECONDS}
        return tuple(self._opened)

    async def follow(self, publish: Callable[[Person], Awaitable[None]]) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                if not self.watched:
                    self._cursor = -1
                elif await self._something_happened():
                    for person in self.watched:
                        await publish(person)
            except (HildaError, Refused, Busy, Away) as why:
                log.warning("a Home tab could not be shown anew", why=str(why))

    async def _something_happened(self) -> bool:
        """Since it was asked the last time."""
        entries = await self.store.journal.since(self._cursor)
        self._cursor = entries[-1].cursor if entries else self._cursor
        return any(_stands_in_home(entry) for entry in entries)


def _stands_in_home(entry: JournalEntry) -> bool:
    return entry.event in _DECISIONS or str(entry.payload.get("key", "")).startswith(_SHOWN)
