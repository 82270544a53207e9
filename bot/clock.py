"""What happens without anybody asking: APScheduler decides when, a row in the store who of all replicas does it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from domain.errors import HildaError
from store.work.slots import Slots

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timed:
    """Something to do every so often, counted from the epoch, so that all replicas mean the same moments."""

    name: str
    every: timedelta
    run: Callable[[datetime], Awaitable[None]]
    """Given the moment that it is due. What it could not do, the next round does."""
    everywhere: bool = False
    """Every replica does it each time, since its work has slots of its own."""

    def due(self, now: datetime) -> datetime:
        """The latest moment that has come."""
        return EPOCH + (now - EPOCH) // self.every * self.every


async def strike(timed: Timed, slots: Slots, worker: str, now: datetime) -> bool:
    """Do it, if no other replica has done it for this moment; whether it was done here."""
    due = timed.due(now)
    try:
        if not timed.everywhere and not await slots.take(timed.name, due, worker):
            return False
        await timed.run(due)
    except HildaError as trouble:
        log.warning("by the clock: left to the next round", what=timed.name, why=str(trouble))
    except Exception as bug:
        # One broken thing must not stop the others, nor its own next round.
        log.error("by the clock: failed", what=timed.name, exc_info=bug)
    return True


@asynccontextmanager
async def ticking(things: Iterable[Timed], slots: Slots, worker: str) -> AsyncIterator[None]:
    """All of them at their times while this is open; a round that takes longer than its time is not doubled."""
    under_way: set[asyncio.Task[bool]] = set()

    async def round_of(timed: Timed) -> None:
        task = asyncio.create_task(strike(timed, slots, worker, datetime.now(UTC)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        await asyncio.wait({task})

    scheduler = AsyncIOScheduler(timezone=UTC)
    for timed in things:
        scheduler.add_job(
            round_of,
            IntervalTrigger(seconds=timed.every.total_seconds(), start_date=EPOCH, timezone=UTC),
            args=(timed,),
            id=timed.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
