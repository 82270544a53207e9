"""Slots: moments at which something is due. Each is a unique row: whoever writes it does what it stands for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from store.clock import DB_CLOCK, SECOND, from_micros, to_micros
from store.database import Database, Transaction
from store.schema import slot


class Slots:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, due_at: datetime, by: str = "", *, tx: Transaction | None = None) -> bool:
        """True for exactly one caller per name and moment, however many processes ask.

        With `tx` the slot is taken when that transaction commits, together with what is put there because of it.
        """
        new = (
            self._database.insert(slot)
            .values(name=name, due_at=to_micros(due_at), by=by, at=DB_CLOCK)
            .on_conflict_do_nothing(index_elements=["name", "due_at"])
            .returning(slot.c.due_at)
        )
        if tx is not None:
            return (await tx.execute(new)).first() is not None
        async with self._database.begin() as own:
            return (await own.execute(new)).first() is not None

    async def take_all(self, names: Sequence[str], due_at: Sequence[datetime], by: str, tx: Transaction) -> set[str]:
        """`take` for many names, each at its own moment, in one statement; the names that were taken now."""
        rows = [
            {"name": name, "due_at": to_micros(at), "by": by, "at": DB_CLOCK}
            for name, at in zip(names, due_at, strict=True)
        ]
        if not rows:
            return set()
        new = self._database.insert(slot).values(rows).on_conflict_do_nothing(index_elements=["name", "due_at"])
        return set((await tx.execute(new.returning(slot.c.name))).scalars())

    async def newest(self, name: str) -> datetime | None:
        """The latest moment of that name that anybody took."""
        async with self._database.read() as tx:
            found = (await tx.execute(select(func.max(slot.c.due_at)).where(slot.c.name == name))).scalar()
        return from_micros(found) if found is not None else None

    async def prune(self, older_than: timedelta) -> int:
        """Forget moments that long past: nothing asks for them again."""
        limit = DB_CLOCK - int(older_than.total_seconds() * SECOND)
        async with self._database.begin() as tx:
            return (await tx.execute(delete(slot).where(slot.c.due_at < limit))).rowcount
