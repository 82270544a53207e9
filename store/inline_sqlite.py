"""SQLite without a thread of its own: statements run where they are awaited, and only waiting for a neighbour waits.

aiosqlite hands each call to a thread. Under load that thread gets the interpreter's lock five milliseconds after it
asks (`sys.getswitchinterval`), for each statement of a transaction that holds the database's one write lock meanwhile.
A statement of ours takes a tenth of a millisecond. What could take long is another process that writes: then the lock
is asked for again and again, and the loop goes on in between.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

PATIENCE_SECONDS = 15.0
"""How long another process may hold the database before that is an error."""
_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02)

Found = TypeVar("Found")


class InlineConnection(aiosqlite.Connection):  # type: ignore[misc]
    """An `aiosqlite.Connection` in everything but its thread."""

    _connection: sqlite3.Connection | None

    def __init__(self, file: Path, *, isolation_level: str | None) -> None:
        """`isolation_level` None: transactions begin where the caller says BEGIN."""

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(file, timeout=0, isolation_level=isolation_level)  # type: ignore[arg-type]

        super().__init__(connect, iter_chunk_size=64)

    def __await__(self) -> Generator[Any, None, "InlineConnection"]:
        return self._connect().__await__()

    def is_alive(self) -> bool:
        return self._connection is not None

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def close(self) -> None:
        self.stop()

    async def _connect(self) -> "InlineConnection":
        if self._connection is None:
            self._connection = self._connector()
        return self

    async def _execute(self, fn: Callable[..., Found], *args: Any, **kwargs: Any) -> Found:
        if self._connection is None:
            raise ValueError("Connection closed")
        loop = asyncio.get_running_loop()
        late, tried = loop.time() + PATIENCE_SECONDS, 0
        while True:
            try:
                return fn(*args, **kwargs)
            except sqlite3.OperationalError as error:
                # Only the plain code: a reader that is too old to write (BUSY_SNAPSHOT) stays so.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() >= late:
                    raise
            await asyncio.sleep(_PAUSES[min(tried, len(_PAUSES) - 1)])
            tried += 1
