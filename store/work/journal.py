"""The journal: what happened, for everyone who follows along. Rows are only added; a reader keeps a cursor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from domain.plain_json import Json
from store.clock import DB_CLOCK, SECOND, from_micros
from store.database import Database, Transaction
from store.schema import journal

_NEW = insert(journal).values(at=DB_CLOCK).returning(journal.c.id)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    cursor: int
    """Ask for what came after it."""
    topic: str
    """`conversation:<id>`, `proposal:<id>`, ..."""
    event: str
    payload: Json
    at: datetime


class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, topic: str, event: str, payload: Json | None = None, *, tx: Transaction | None = None
    ) -> int:
        """Add a row, in a transaction of its own or in `tx`; its cursor.

        A reader that has seen a cursor will never find a smaller one appear afterwards.
        """
        if tx is not None:
            return await self._append(tx, topic, event, payload or {})
        async with self._database.begin() as own:
            return await self._append(own, topic, event, payload or {})

    async def since(self, cursor: int, topics: Iterable[str] = (), *, most: int = 500) -> tuple[JournalEntry, ...]:
        """What came after `cursor`, oldest first, in these topics or (none named) in all."""
        wanted = select(journal).where(journal.c.id > cursor).order_by(journal.c.id).limit(most)
        named = tuple(topics)
        if named:
            wanted = wanted.where(journal.c.topic.in_(named))
        async with self._database.read() as tx:
            rows = (await tx.execute(wanted)).all()
        return tuple(JournalEntry(row.id, row.topic, row.event, row.payload, from_micros(row.at)) for row in rows)

    async def newest(self) -> int:
        """The cursor of whoever wants to hear only what comes from now on."""
        async with self._database.read() as tx:
            return int((await tx.execute(select(func.coalesce(func.max(journal.c.id), 0)))).scalar_one())

    async def prune(self, older_than: timedelta) -> int:
        """Forget what was long ago; cursors stay good. The newest row stays, so that `newest` never goes back."""
        limit = DB_CLOCK - int(older_than.total_seconds() * SECOND)
        newest = select(func.max(journal.c.id)).scalar_subquery()
        async with self._database.begin() as tx:
            gone = await tx.execute(delete(journal).where(journal.c.at < limit, journal.c.id < newest))
            return gone.rowcount

    async def _append(self, tx: Transaction, topic: str, event: str, payload: Json) -> int:
        await tx.in_order()
        given = {"topic": topic, "event": event, "payload": payload}
        return int((await tx.execute(_NEW, given)).scalar_one())
