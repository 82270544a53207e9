"""One engine for each kind of database, set up so that the rest of the store need not know which it is."""

import importlib.util
import os
import stat
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.errors import Misconfigured
from store.address import Address
from store.inline_sqlite import InlineEngine

# lock_timeout: a stuck neighbour becomes an error. idle_in_transaction: a frozen one gives back the audit's lock.
_POSTGRESQL_OPTIONS = (
    "-c lock_timeout=15000 -c idle_in_transaction_session_timeout=60000 "
    "-c default_transaction_isolation=read\\ committed -c timezone=UTC"
)


class PooledEngine:
    """Several connections to a server."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def begin(self, *, writes: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        """One transaction, committed at the end of the block; readers and writers never wait for each other."""
        del writes
        return self._engine.begin()

    async def dispose(self) -> None:
        await self._engine.dispose()


Engine = InlineEngine | PooledEngine


def make_engine(address: Address) -> Engine:
    return InlineEngine(address.file) if address.file else _postgresql(address)


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


def _postgresql(address: Address) -> PooledEngine:
    if importlib.util.find_spec("psycopg") is None:
        raise Misconfigured(
            "DATABASE_URL names PostgreSQL, and its driver is not installed: pip install 'hilda-oncall[postgres]'."
        )
    arguments: dict[str, Any] = {"options": _POSTGRESQL_OPTIONS, "connect_timeout": 5, "application_name": "hilda"}
    return PooledEngine(
        create_async_engine(address.url, hide_parameters=True, pool_pre_ping=True, pool_size=10, connect_args=arguments)
    )
