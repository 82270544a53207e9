"""From the outbox to a platform: in order within a conversation, side by side between them, once.

What fails is answered by its kind (failures.py): too fast waits as long as the platform says, no answer waits until it
is back, a channel that is gone is given up and said once to who asked, a revoked token stops everything until a person
mends it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.doors.failures import Away, Busy, Gone, Halted, Refused
from domain.cards import Progress, parts_of
from domain.errors import HildaError
from domain.messages import Reply
from domain.wire import reply_from_json
from store.record import Store
from store.work.outbox import Outgoing

POLL_SECONDS = 0.25
"""How soon is found what another process has put; of this one's own we are told."""
TOGETHER_SECONDS = 0.03
LEASE_SECONDS = 9.0
"""How long what a process was saying waits for it once it is dead; while it lives it says so three times as often."""
FIRST_WORD_SECONDS = 0.3
AT_ONCE = 32
"""Posts under way at the same time; each is of another conversation."""
AWAY_SECONDS = (1.0, 2.0, 5.0)
"""Pauses while the platform does not answer."""
HALTED_SECONDS = 30.0
"""How often a token that was refused is tried again."""

log = structlog.get_logger()


class Posting(Protocol):
    async def say(self, held: Outgoing, reply: Reply) -> str:
        """The platform's name for the post; raises what failures.py names."""
        ...


@dataclass
class Delivery:
    store: Store
    door: str
    """The door's name, with which its conversations begin."""
    posting: Posting
    takes_us: Callable[[], Awaitable[bool]]
    """Whether the platform takes our token again."""
    gone: Callable[[Outgoing, Gone], Awaitable[None]]
    """What could not be said, because there is nobody to say it to any more."""
    clock: Callable[[], float] = time.monotonic
    trouble: str = ""
    """Why nothing is delivered at all, "" while it is."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: dict[asyncio.Task[None], str] = field(default_factory=dict)
    """What is being said, and its key."""
    _paused_until: float = 0.0
    _failures: int = 0
    _halted: bool = False

    def wake(self) -> None:
        """There may be something to say."""
        self._wake.set()

    def halt(self, why: str) -> None:
        """Nothing can be said any more: said once, tried again rarely."""
        if not self._halted:
            log.error(f"{self.door} takes nothing from us any more: install the app again or renew its token", why=why)
        self._halted, self.trouble = True, why
        self._paused_until = self.clock() + HALTED_SECONDS

    async def run(self) -> None:
        """Deliver until cancelled."""
        renewing = asyncio.create_task(self._renew())
        self.store.outbox.tell(self.wake)
        try:
            while True:
                self._wake.clear()
                try:
                    found = await self._round()
                except HildaError as trouble:
                    log.warning("the outbox cannot be read", why=str(trouble))
                    await asyncio.sleep(2)
                    continue
                if not found:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                    # What comes together is fetched together.
                    await asyncio.sleep(TOGETHER_SECONDS)
        finally:
            for task in (renewing, *self._under_way):
                task.cancel()
            await asyncio.gather(renewing, *self._under_way, return_exceptions=True)

    async def drained(self) -> None:
        """Returns when everything has been said, or nothing can be."""
        while not self.trouble and (self._under_way or await self.store.outbox.waiting(self.door)):
            await asyncio.sleep(POLL_SECONDS)

    async def _round(self) -> bool:
        """Begin what is due; whether there was anything."""
        if self.clock() < self._paused_until or (self._halted and not await self._mended()):
            return False
        free = 1 if self._failures else AT_ONCE - len(self._under_way)
        if free <= 0 or (self._failures and self._under_way):
            return False
        due = await self.store.outbox.due(self.door, most=free, lease_seconds=LEASE_SECONDS)
        for held in due:
            if held.key in self._under_way.values():
                continue  # Our own lease ran out, for want of time to renew it.
            task = asyncio.create_task(self._deliver(held))
            self._under_way[task] = held.key
            task.add_done_callback(self._done)
        return bool(due)

    async def _renew(self) -> None:
        """Long calls keep their lease."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                await self.store.outbox.renew(tuple(self._under_way.values()), LEASE_SECONDS)
            except HildaError as trouble:
                log.warning("the outbox cannot be written", why=str(trouble))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("a delivery broke", exc_info=error)

    async def _deliver(self, held: Outgoing) -> None:
        try:
            reply = reply_from_json(held.payload)
            if parts_of(reply.card, Progress) and await self._out_of_date(held):
                post = held.updates
            else:
                post = await self.posting.say(held, reply)
        except Busy as busy:
            await self.store.outbox.later(held.key, busy.seconds, str(busy), tried=busy.begun)
        except Away as away:
            self._pause(str(away))
            await self.store.outbox.later(held.key, AWAY_SECONDS[0], str(away))
        except Halted as halted:
            self.halt(str(halted))
            await self.store.outbox.later(held.key, AWAY_SECONDS[0], str(halted))
        except Gone as gone:
            await self.store.outbox.failed(held.key, str(gone), for_good=True)
            await self.gone(held, gone)
        except Refused as refused:
            log.error(f"{self.door} refused a reply", key=held.key, why=str(refused), needs=refused.needed)
            await self.store.outbox.failed(held.key, str(refused), for_good=bool(refused.needed))
        except ValueError as unreadable:
            log.error("a reply cannot be read", key=held.key, why=str(unreadable))
            await self.store.outbox.failed(held.key, str(unreadable), for_good=True)
        else:
            self._failures, self.trouble = 0, ""
            await self.store.outbox.sent(held.key, post)

    async def _out_of_date(self, held: Outgoing) -> bool:
        """Whether something else will stand in the place of this progress at once.

        The first word of a turn waits for a moment, since many answers come that soon and then need no progress.
        """
        if await self.store.outbox.superseded(held):
            return True
        if held.updates or held.attempt > 1:
            return False
        await asyncio.sleep(FIRST_WORD_SECONDS)
        return await self.store.outbox.superseded(held)

    def _pause(self, why: str) -> None:
        """The platform does not answer: one post after the other finds out when it does again."""
        if not self._failures:
            log.warning(f"{self.door} does not answer; what there is to say waits", why=why)
        self.trouble = f"{self.door.title()} does not answer: {why}"
        pause = AWAY_SECONDS[min(self._failures, len(AWAY_SECONDS) - 1)]
        self._failures += 1
        self._paused_until = self.clock() + pause

    async def _mended(self) -> bool:
        self._paused_until = self.clock() + HALTED_SECONDS
        if not await self.takes_us():
            return False
        log.info(f"{self.door} takes our token again")
        self._halted, self.trouble, self._paused_until = False, "", 0.0
        return True
