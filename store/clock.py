"""The clock of the database itself, and how moments are kept: whole microseconds since the epoch on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


class DatabaseClock(ColumnElement[int]):
    """Now, as the database sees it while it runs the statement; never a time that the application brought along."""

    # Without parts of its own, so that statements with it are compiled once and not each time.
    _traverse_internals: list[Any] = []  # noqa: RUF012 - SQLAlchemy declares it so
    type = BigInteger()


@compiles(DatabaseClock, "sqlite")
def _on_sqlite(_element: DatabaseClock, _compiler: SQLCompiler, **_: Any) -> str:
    # unixepoch('subsec') needs SQLite 3.42; this is the same clock in whole milliseconds on every version.
    return "(CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000)"


@compiles(DatabaseClock, "postgresql")
def _on_postgresql(_element: DatabaseClock, _compiler: SQLCompiler, **_: Any) -> str:
    # now() stands still during a transaction, also while it waits for a lock; clock_timestamp() goes on.
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


DB_CLOCK = DatabaseClock()


def to_micros(at: datetime) -> int:
    """Exact, unlike a float of seconds; a moment without a time zone is a bug."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
