"""One engine for each kind of database, set up so that the rest of the store need not know which it is."""

import importlib.util
import os
import stat
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import Misconfigured
from store.address import Address
from store.inline_sqlite import InlineConnection

_PRAGMAS = (
    "PRAGMA journal_mode=wal",
    "PRAGMA synchronous=normal",
    "PRAGMA foreign_keys=on",
)

# lock_timeout: a stuck neighbour becomes an error. idle_in_transaction: a frozen one gives back the audit's lock.
_POSTGRESQL_OPTIONS = (
    "-c lock_timeout=15000 -c idle_in_transaction_session_timeout=60000 "
    "-c default_transaction_isolation=read\\ committed -c timezone=UTC"
)


def make_engine(address: Address) -> AsyncEngine:
    return _sqlite(address) if address.file else _postgresql(address)


def prepare_file(address: Address, *, create: bool) -> None:
    """Make sure of the database's file: there (or made), private to its owner, and a file."""
    file = address.file
    assert file is not None
    try:
        if not file.exists():
            if not create:
                raise Misconfigured(f"{address.shown} does not exist. Run `hilda migrate`, or check DATABASE_URL.")
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        if not stat.S_ISREG(file.stat().st_mode):
            raise Misconfigured(f"{address.shown} is not a file. Check DATABASE_URL.")
        # SQLite opens what it may not write to as a read-only database, and says so only at the first write.
        os.close(os.open(file, os.O_RDWR))
    except OSError as error:
        raise Misconfigured(
            f"{address.shown} cannot be opened for writing ({error.strerror}). "
            "Check owner and mode of the file and its folder, or point DATABASE_URL elsewhere."
        ) from error


def _sqlite(address: Address) -> AsyncEngine:
    file = address.file
    assert file is not None

    async def connect(*_: object, **__: object) -> InlineConnection:
        # The driver must not begin transactions by itself: it would begin them without IMMEDIATE.
        return await InlineConnection(file, isolation_level=None)

    engine = create_async_engine(address.url, hide_parameters=True, async_creator=connect)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that begins as a reader and then writes fails at once when somebody else wrote in between.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(address: Address) -> AsyncEngine:
    if importlib.util.find_spec("psycopg") is None:
        raise Misconfigured(
            "DATABASE_URL names PostgreSQL, and its driver is not installed: pip install 'hilda-oncall[postgres]'."
        )
    arguments: dict[str, Any] = {"options": _POSTGRESQL_OPTIONS, "connect_timeout": 5, "application_name": "hilda"}
    return create_async_engine(address.url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
