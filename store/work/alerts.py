"""Alerts as they were heard: each episode once, durable before anybody is told that it was taken."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, select, update

from domain.alerts import Alert, HeardAlert, Tally
from store.clock import DB_CLOCK, SECOND, from_micros, to_micros
from store.database import Database
from store.schema import alert
from store.work.alert_jobs import put_for_groups
from store.work.alert_writing import Writing
from store.work.together import Together

MOST_OF_A_GROUP = 5000
"""Alerts that are attended to at once."""
_MOST_TOGETHER = 64
"""Batches in one transaction; a group's notification holds a few alerts up to some thousand."""
_PAUSE = 0.3
"""Seconds without an alert after which a burst is over."""
_PATIENCE = 20.0
"""Seconds for which a burst may hold back that it is looked into."""
_NO_SOONER_THAN_IT_BEGAN = case((alert.c.started_at > DB_CLOCK, alert.c.started_at), else_=DB_CLOCK)
"""By its own sender's clock, which may be ahead."""
_STILL_MATTERS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Received:
    """What a batch changed, in episodes."""

    new: int = 0
    refired: int = 0
    resolved: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    alerts: Sequence[HeardAlert]
    source: str
    cluster: str


class Alerts:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = Together(self._write, _MOST_TOGETHER)
        self._newest_at = self._pouring_since = -math.inf

    async def receive(self, batch: Sequence[HeardAlert], source: str, *, cluster: str) -> Received:
        """Kept for good when this returns. Each group that changed has a job of this cluster's that waits.

        `source`: by which way they came, `webhook/RECEIVER` or `poll/RECEIVER`.
        """
        if not batch:
            return Received()
        self._note_arrival()
        received = await self._together.add(_Batch(batch, f"{source}@{cluster}", cluster))
        self._note_arrival()
        return received

    @property
    def pouring(self) -> bool:
        """Whether alerts keep coming in here, one batch right after the other; not for longer than somebody waits."""
        now = time.monotonic()
        return now - self._newest_at < _PAUSE and now - self._pouring_since < _PATIENCE

    async def group(self, key: str, *, most: int = MOST_OF_A_GROUP) -> tuple[Alert, ...]:
        """What fires of a group, and what was resolved within the last day; oldest first.

        Of more than `most` those that fire, belong to no incident yet, and are newest; `tally` counts all.
        """
        matters = (alert.c.state == "firing") | (alert.c.resolved_at > DB_CLOCK - _micros(_STILL_MATTERS))
        return await self._newest(alert.c.group_key == key, matters, most=most, first=alert.c.incident != "")

    async def tally(self, key: str) -> Tally:
        """How many alerts of a group are in which state; of the resolved ones those of the last day."""
        counted = (
            select(alert.c.state, alert.c.suppressed, func.count())
            .where(alert.c.group_key == key)
            .where((alert.c.state == "firing") | (alert.c.resolved_at > DB_CLOCK - _micros(_STILL_MATTERS)))
            .group_by(alert.c.state, alert.c.suppressed)
        )
        async with self._database.read() as tx:
            rows = [tuple(row) for row in await tx.execute(counted)]
        return Tally(
            firing=sum(n for state, hushed, n in rows if state == "firing" and not hushed),
            suppressed=sum(n for state, hushed, n in rows if state == "firing" and hushed),
            resolved=sum(n for state, _, n in rows if state == "resolved"),
        )

    async def firing(self, *, most: int = 1000) -> tuple[Alert, ...]:
        """What fires now, suppressed or not, oldest first."""
        return await self._newest(alert.c.state == "firing", most=most)

    async def of_incident(self, incident: str, *, most: int = 1000) -> tuple[Alert, ...]:
        """Every episode that belongs to an incident, oldest first."""
        return await self._newest(alert.c.incident == incident, most=most)

    async def bind(self, ids: Iterable[int], incident: str) -> None:
        """These belong to that incident from now on."""
        async with self._database.begin() as tx:
            await tx.execute(update(alert).where(alert.c.id.in_(tuple(ids))).values(incident=incident))

    async def starts(self, fingerprints: Iterable[str], since: timedelta) -> dict[str, tuple[datetime, ...]]:
        """When each of these alerts began to fire within that time: many times is flapping."""
        wanted = select(alert.c.fingerprint, alert.c.started_at).where(
            alert.c.fingerprint.in_(tuple(fingerprints)), alert.c.at > DB_CLOCK - _micros(since)
        )
        found: dict[str, list[datetime]] = {}
        async with self._database.read() as tx:
            for row in await tx.execute(wanted.order_by(alert.c.started_at)):
                found.setdefault(row.fingerprint, []).append(from_micros(row.started_at))
        return {fingerprint: tuple(starts) for fingerprint, starts in found.items()}

    async def now(self) -> datetime:
        """The store's clock: to be asked before a question whose answer `vanished` or `said_at` will rest on."""
        async with self._database.read() as tx:
            return from_micros(await tx.clock())

    async def vanished(self, asked_at: datetime, *, cluster: str) -> int:
        """What this cluster's poll lists no longer is over: not heard of since `asked_at`. How many."""
        gone = (alert.c.source.startswith("poll/"), alert.c.seen_at < to_micros(asked_at))
        return await self._end("vanished", cluster, *gone)

    async def silent(self, since: timedelta, *, cluster: str) -> int:
        """What nobody has said anything of for that long is taken to be over. How many."""
        return await self._end("silent", cluster, alert.c.seen_at < DB_CLOCK - _micros(since))

    async def prune(self, older_than: timedelta) -> int:
        """Forget what was resolved that long ago."""
        old = (alert.c.state == "resolved", alert.c.seen_at < DB_CLOCK - _micros(older_than))
        async with self._database.begin() as tx:
            return (await tx.execute(delete(alert).where(*old))).rowcount

    def _note_arrival(self) -> None:
        now = time.monotonic()
        if now - self._newest_at >= _PAUSE:
            self._pouring_since = now
        self._newest_at = now

    async def _write(self, batches: Sequence[_Batch]) -> list[Received]:
        async with self._database.begin() as tx:
            # First, so that of two replicas the second one sees what the first one wrote.
            await tx.in_order()
            writing = await Writing.of(tx, [one for batch in batches for one in batch.alerts])
            received = []
            for batch in batches:
                words = [writing.hear(one, batch.source, batch.cluster) for one in batch.alerts]
                received.append(Received(*(words.count(word) for word in ("new", "refired", "resolved", "unchanged"))))
            await writing.write()
            for cluster, groups in writing.changed.items():
                await put_for_groups(tx, cluster, groups)
        await self._database.harden()
        return received

    async def _end(self, how: str, cluster: str, *which: Any) -> int:
        async with self._database.begin() as tx:
            await tx.in_order()
            over = (
                update(alert)
                .where(alert.c.state == "firing", alert.c.source.endswith(f"@{cluster}", autoescape=True), *which)
                .values(state="resolved", resolved_at=_NO_SOONER_THAN_IT_BEGAN, ended=how)
                .returning(alert.c.group_key)
            )
            groups = (await tx.execute(over)).scalars().all()
            await put_for_groups(tx, cluster, groups)
            return len(groups)

    async def _newest(self, *which: Any, most: int, first: Any = None) -> tuple[Alert, ...]:
        order = (alert.c.state != "firing", *(() if first is None else (first,)), alert.c.id.desc())
        wanted = select(alert).where(*which).order_by(*order).limit(most)
        async with self._database.read() as tx:
            rows = (await tx.execute(wanted)).mappings().all()
        return tuple(sorted((_alert(row) for row in rows), key=lambda each: (each.began, each.id)))


def _micros(length: timedelta) -> int:
    return int(length.total_seconds() * SECOND)


def _alert(row: Any) -> Alert:
    return Alert(
        id=row["id"],
        fingerprint=row["fingerprint"],
        name=row["name"],
        severity=row["severity"],
        labels=row["labels"],
        annotations=row["annotations"],
        started_at=from_micros(row["started_at"]),
        received_at=from_micros(row["at"]),
        seen_at=from_micros(row["seen_at"]),
        state=row["state"],
        group_key=row["group_key"],
        resolved_at=None if row["resolved_at"] is None else from_micros(_over(row)),
        ended=row["ended"],
        source=row["source"].rpartition("@")[0],
        cluster=row["cluster"],
        link=row["link"],
        suppressed=row["suppressed"],
        incident=row["incident"],
    )


def _over(row: Any) -> int:
    """When it ended; by our clock where it is said to have begun after it was heard of."""
    return int(min(row["resolved_at"], row["seen_at"]) if row["started_at"] > row["at"] else row["resolved_at"])
