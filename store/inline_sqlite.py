"""SQLite without a thread of its own: statements run where they are awaited, and only waiting for a neighbour waits.

A statement of ours takes a tenth of a millisecond. A thread for it gets the interpreter's lock five milliseconds after
it asks when the loop is busy (`sys.getswitchinterval`), and that for every statement of a transaction, which holds the
database's one write lock meanwhile. Two things could take long, and neither holds up the loop: another process that
writes (the lock is asked for again and again), and the disk (a commit only appends to the log, as synchronous=normal
has it; a thread brings the log into the database). docs/decisions/0008-sqlite-inside-the-loop.md has the figures.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, CursorResult, Dialect, Executable, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

PATIENCE_SECONDS = 15.0
"""How long another process may hold the database before that is an error."""
_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02)
CHECKPOINT_EVERY = 300
"""Write transactions until the log is brought into the database."""
_PRAGMAS = (
    "PRAGMA journal_mode=wal",
    "PRAGMA synchronous=normal",
    "PRAGMA foreign_keys=on",
    # SQLite would do it inside a commit, with its waits for the disk.
    "PRAGMA wal_autocheckpoint=0",
)

Found = TypeVar("Found")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class InlineConnection:
    """What the store uses of SQLAlchemy's AsyncConnection."""

    def __init__(self, inner: Connection) -> None:
        self.inner = inner
        self._results: list[CursorResult[Any]] = []

    @property
    def dialect(self) -> Dialect:
        return self.inner.dialect

    async def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[Any]:
        result = await patiently(self.inner.execute, statement, parameters)
        self._results.append(result)
        return result

    async def run_sync(self, act: Callable[[Connection], Found]) -> Found:
        return act(self.inner)

    async def begin(self, *, writes: bool) -> None:
        self.inner.begin()
        # A transaction that begins as a reader and then writes fails at once when somebody else wrote in between.
        await patiently(self.inner.exec_driver_sql, "BEGIN IMMEDIATE" if writes else "BEGIN")

    def end(self, *, keep: bool) -> None:
        """Commit, or undo all of it; what was not read of a result is gone, since it would hold up other writers."""
        for result in self._results:
            result.close()
        self._results.clear()
        if keep:
            self.inner.commit()
        else:
            self.inner.rollback()


class InlineEngine:
    """One file. Connections are kept and used again, as many as there were transactions at the same time."""

    def __init__(self, file: Path) -> None:
        # The driver must not begin transactions by itself: it would begin them without IMMEDIATE.
        given = {"timeout": 0, "isolation_level": None, "check_same_thread": False}
        url = URL.create("sqlite", database=str(file))
        self._engine = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=given)
        event.listen(self._engine, "connect", _set_up)
        self._file = file
        self._idle: list[InlineConnection] = []
        self._written = 0
        self._checkpoint: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def begin(self, *, writes: bool) -> AsyncIterator[InlineConnection]:
        """One transaction, committed at the end of the block; an exception inside undoes all of it."""
        connection = self._idle.pop() if self._idle else InlineConnection(await patiently(self._engine.connect))
        try:
            await connection.begin(writes=writes)
            yield connection
            connection.end(keep=True)
        except BaseException:
            connection.end(keep=False)
            raise
        finally:
            self._idle.append(connection)
            if writes:
                self._count()

    def _count(self) -> None:
        self._written += 1
        if self._written >= CHECKPOINT_EVERY and (self._checkpoint is None or self._checkpoint.done()):
            self._written = 0
            self._checkpoint = asyncio.create_task(asyncio.to_thread(_bring_in, self._file))

    async def dispose(self) -> None:
        if self._checkpoint is not None:
            await asyncio.wait({self._checkpoint})
        while self._idle:
            self._idle.pop().inner.close()


class InlineDriver(aiosqlite.Connection):  # type: ignore[misc]
    """An `aiosqlite.Connection` in everything but its thread, for those who want one."""

    _connection: sqlite3.Connection | None

    def __init__(self, file: Path) -> None:
        super().__init__(lambda: sqlite3.connect(file, timeout=0), iter_chunk_size=64)

    def __await__(self) -> Generator[Any, None, "InlineDriver"]:
        return self._connect().__await__()

    def is_alive(self) -> bool:
        return self._connection is not None

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def close(self) -> None:
        self.stop()

    async def _connect(self) -> "InlineDriver":
        if self._connection is None:
            self._connection = self._connector()
        return self

    async def _execute(self, act: Callable[..., Found], *args: Any, **named: Any) -> Found:
        if self._connection is None:
            raise ValueError("Connection closed")
        return await patiently(act, *args, **named)


async def patiently(act: Callable[..., Found], *args: Any, **named: Any) -> Found:
    """Do it, again and again while another process holds the database; the loop goes on meanwhile."""
    loop = asyncio.get_running_loop()
    late, tried = loop.time() + PATIENCE_SECONDS, 0
    while True:
        try:
            return act(*args, **named)
        except (sqlite3.OperationalError, OperationalError) as error:
            if not _busy(error) or loop.time() >= late:
                raise
        await asyncio.sleep(_PAUSES[min(tried, len(_PAUSES) - 1)])
        tried += 1


def _bring_in(file: Path) -> None:
    """The log, so that the next write begins it anew.

    Most of it is brought in while others read and write. What they wrote meanwhile is little; it needs the write lock
    for a moment, or a busy store would never be done and its log never end.
    """
    with contextlib.closing(sqlite3.connect(file, timeout=0.1)) as connection, contextlib.suppress(sqlite3.Error):
        # Whatever is the matter with the file, the next statement of somebody who needs it says so.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.execute("PRAGMA wal_checkpoint(RESTART)")


def _busy(error: sqlite3.OperationalError | OperationalError) -> bool:
    """Only the plain code: a reader that is too old to write (BUSY_SNAPSHOT) stays so."""
    driver = error.orig if isinstance(error, OperationalError) else error
    return isinstance(driver, sqlite3.OperationalError) and driver.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
