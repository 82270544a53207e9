"""One database, SQLite or PostgreSQL: open it, bring its tables up to date, read and write in transactions."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Table, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Misconfigured
from store.address import Address, read_address
from store.clock import DB_CLOCK, DatabaseClock
from store.engines import Engine, make_engine, prepare_file
from store.faults import explain, explained
from store.inline_sqlite import InlineConnection
from store.migrations.revisions import HEAD, REVISIONS

_ORDER_LOCK = 0x48_49_4C_44_41
"""PostgreSQL's number of the lock below which ordered rows are appended."""
_MIGRATION_LOCK = _ORDER_LOCK + 1


class Transaction:
    """What happens inside it happens wholly or not at all."""

    def __init__(self, connection: AsyncConnection | InlineConnection) -> None:
        self.connection = connection
        self.afterwards: list[Callable[[], None]] = []

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        result = await self.connection.execute(statement, parameters)
        assert isinstance(result, CursorResult)
        return result

    async def clock(self) -> int:
        """The database's time in microseconds, once this transaction holds its locks."""
        return int((await self.connection.execute(select(DB_CLOCK))).scalar_one())

    async def in_order(self) -> None:
        """From here to the end nobody else appends ordered rows, so their numbers become visible in their order.

        SQLite has one writer anyway. PostgreSQL would let a later number be seen before an earlier one.
        """
        if self.connection.dialect.name == "postgresql":
            await self.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ORDER_LOCK})

    def after_commit(self, act: Callable[[], None]) -> None:
        self.afterwards.append(act)


class Database:
    """Built by `open`. Safe to use from many tasks; several processes may use the same database."""

    db_clock: DatabaseClock = DB_CLOCK

    def __init__(self, address: Address, engine: Engine) -> None:
        self.address = address
        self._engine = engine
        # SQLite has one writer; waiting here is fair and cheap, waiting in its busy handler is neither.
        self._writer = asyncio.Lock() if address.file else None
        self._writing_task: asyncio.Task[Any] | None = None

    @classmethod
    async def open(cls, url: str, *, create: bool = True) -> "Database":
        """Connect and check the tables.

        SQLite is created (with `create`) and migrates itself; PostgreSQL must have been migrated by `hilda migrate`.
        Misconfigured when that cannot be: it names DATABASE_URL or the file, and what to do.
        """
        database = await cls.connect(url, create=create)
        try:
            version = await database.version()
            if version != HEAD:
                database._refuse_newer(version)
                if not database.address.file:
                    raise Misconfigured(
                        f"{database.address.shown} has no tables of this version of Hilda. Run `hilda migrate`."
                    )
                await database.migrate()
        except BaseException:
            await database.close()
            raise
        return database

    @classmethod
    async def connect(cls, url: str, *, create: bool = True) -> "Database":
        """Connect without a look at the tables: for `hilda migrate`, which calls `migrate` next."""
        address = read_address(url)
        if address.file:
            prepare_file(address, create=create)
        database = cls(address, make_engine(address))
        try:
            async with database._engine.begin(writes=False):
                pass
        except DBAPIError as error:
            await database.close()
            raise Misconfigured(
                f"{explain(error, address.shown) or error}"
                if address.file
                else f"{address.shown} cannot be reached: {' '.join(str(error.orig).split())}. Check DATABASE_URL."
            ) from error
        return database

    async def close(self) -> None:
        await self._engine.dispose()

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that may say what happens on a conflict; both databases spell that alike."""
        return sqlite.insert(table) if self.address.file else postgresql.insert(table)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """One write transaction, committed at the end of the block; an exception inside undoes all of it."""
        if self._writer is None:
            async with self._transaction(writes=True) as tx:
                yield tx
            return
        if self._writing_task is asyncio.current_task():
            raise RuntimeError("a write transaction was begun inside another one; pass the first one on instead")
        async with self._writer:
            self._writing_task = asyncio.current_task()
            try:
                async with self._transaction(writes=True) as tx:
                    yield tx
            finally:
                self._writing_task = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads, and on SQLite waits for nobody."""
        async with self._transaction(writes=False) as tx:
            yield tx

    async def harden(self) -> None:
        """What was committed survives a power cut as well: SQLite otherwise writes its log to the disk later."""
        if self.address.file:
            await asyncio.to_thread(_to_disk, self.address.file.with_name(f"{self.address.file.name}-wal"))

    @asynccontextmanager
    async def _transaction(self, *, writes: bool) -> AsyncIterator[Transaction]:
        with explained(self.address.shown):
            async with self._engine.begin(writes=writes) as connection:
                tx = Transaction(connection)
                yield tx
        for act in tx.afterwards:
            act()

    async def version(self) -> str | None:
        """The revision of the tables, None where there are none."""
        async with self.read() as tx:
            return await tx.connection.run_sync(_version)

    async def migrate(self) -> bool:
        """Bring the tables up to date; whether anything was to do. Several processes may try at once."""
        async with self.begin() as tx:
            if not self.address.file:
                await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            version = await tx.connection.run_sync(_version)
            self._refuse_newer(version)
            if version == HEAD:
                return False
            await tx.connection.run_sync(_upgrade)
        return True

    def _refuse_newer(self, version: str | None) -> None:
        if version is not None and version not in REVISIONS:
            raise Misconfigured(
                f"{self.address.shown} was written by a newer Hilda (tables {version!r}, this one knows {HEAD!r}). "
                "Install that version, or point DATABASE_URL elsewhere."
            )


def _to_disk(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError), log.open("rb") as opened:
        os.fsync(opened.fileno())


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _upgrade(connection: Connection) -> None:
    from store.migrations.upgrade import upgrade

    upgrade(connection)
