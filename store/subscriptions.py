"""Subscriptions to the daily report, and what of it is due: each slot is taken together with its job, or neither is."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from domain import job_kinds
from domain.people import Person
from domain.subscriptions import Filters, Subscription
from policy.daily_times import latest
from store.clock import DB_CLOCK, from_micros, to_micros
from store.database import Database
from store.ledger.audit import Audit
from store.schema import subscription
from store.work.jobs import Jobs
from store.work.slots import Slots

_AT_ONCE = 100
"""Slots taken in one transaction: at eight, a thousand channels must not keep everybody else from writing."""


class Subscriptions:
    def __init__(self, database: Database, audit: Audit, slots: Slots, jobs: Jobs) -> None:
        self._database = database
        self._audit = audit
        self._slots = slots
        self._jobs = jobs

    async def subscribe(
        self, cluster: str, conversation: str, at: time, zone: str, filters: Filters, by: Person | str
    ) -> None:
        """From now on, every day; in place of what was asked for there before."""
        values = {
            "hour": f"{at:%H:%M}",
            "zone": zone,
            "filters": filters.as_json(),
            "by": str(by),
            "at": DB_CLOCK,
        }
        new = self._database.insert(subscription).values(conversation=conversation, what=_what(cluster), **values)
        told = {"hour": values["hour"], "zone": zone, "filters": filters.as_json()}
        async with self._database.begin() as tx:
            await tx.in_order()
            await tx.execute(new.on_conflict_do_update(index_elements=["conversation", "what"], set_=values))
            await self._audit.append(tx, str(by), "subscribed", conversation, details=told)

    async def unsubscribe(self, cluster: str, conversation: str, by: Person | str) -> bool:
        """No more; False when there was none."""
        gone = delete(subscription).where(*_mine(cluster, conversation))
        async with self._database.begin() as tx:
            await tx.in_order()
            if (await tx.execute(gone)).rowcount != 1:
                return False
            await self._audit.append(tx, str(by), "unsubscribed", conversation)
            return True

    async def get(self, cluster: str, conversation: str) -> Subscription | None:
        async with self._database.read() as tx:
            row = (await tx.execute(select(subscription).where(*_mine(cluster, conversation)))).mappings().first()
        return _subscription(row) if row else None

    async def list(self, cluster: str) -> tuple[Subscription, ...]:
        """All of a cluster, by conversation."""
        wanted = select(subscription).where(subscription.c.what == _what(cluster)).order_by(subscription.c.conversation)
        async with self._database.read() as tx:
            return tuple(_subscription(row) for row in (await tx.execute(wanted)).mappings())

    async def told(self, cluster: str, conversation: str, until: datetime) -> None:
        """A report told everything up to that moment; the next one goes on from there."""
        async with self._database.begin() as tx:
            mine = update(subscription).where(*_mine(cluster, conversation))
            await tx.execute(mine.values(last_at=to_micros(until)))

    async def put_due(self, cluster: str, now: datetime, worker: str) -> int:
        """A job for every report whose time has come; how many. Of several missed ones only the latest is made up."""
        due = [(one, moment) for one in await self.list(cluster) if (moment := _due(one, now))]
        put = 0
        for start in range(0, len(due), _AT_ONCE):
            put += await self._put(cluster, due[start : start + _AT_ONCE], worker)
        return put

    async def _put(self, cluster: str, due: Sequence[tuple[Subscription, datetime]], worker: str) -> int:
        names = [f"{_what(cluster)}:{one.conversation}" for one, _ in due]
        async with self._database.begin() as tx:
            await tx.in_order()
            taken = await self._slots.take_all(names, [moment for _, moment in due], worker, tx)
            for name, (one, moment) in zip(names, due, strict=True):
                if name in taken:
                    payload = {"what": "report", "for": one.conversation, "at": moment.isoformat()}
                    key = f"report:{one.conversation}:{moment.isoformat()}"
                    await self._jobs.put(key, job_kinds.due(cluster), payload, one.conversation, tx=tx)
        return len(taken)


def _due(one: Subscription, now: datetime) -> datetime | None:
    """The moment that nothing was told for yet; None where all is told, or it was asked for only later."""
    moment = latest(one.at, ZoneInfo(one.zone), now)
    told = one.last_at is not None and one.last_at >= moment
    return None if told or moment <= one.since else moment


def _what(cluster: str) -> str:
    return f"report@{cluster}"


def _mine(cluster: str, conversation: str) -> tuple[Any, Any]:
    return subscription.c.conversation == conversation, subscription.c.what == _what(cluster)


def _subscription(row: Any) -> Subscription:
    return Subscription(
        conversation=row["conversation"],
        at=time.fromisoformat(row["hour"]),
        zone=row["zone"],
        by=row["by"],
        since=from_micros(row["at"]),
        filters=Filters.parse(row["filters"]),
        last_at=None if row["last_at"] is None else from_micros(row["last_at"]),
    )
