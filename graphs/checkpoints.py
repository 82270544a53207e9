"""Where LangGraph keeps its state: beside the store, SQLite or PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphs.langgraph_strictly import BaseCheckpointSaver, assert_strict
from store.inline_sqlite import InlineDriver

if TYPE_CHECKING:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver


@asynccontextmanager
async def open_checkpoints(database_url: str, folder: Path) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """The saver for this store; PostgreSQL's tables are made by `migrate_checkpoints`."""
    assert_strict()
    if database_url.startswith("postgresql"):
        async with _pool(database_url) as pool:
            yield _saver(pool)
        return
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with InlineDriver(_private_file(folder)) as connection:
        # After a crash of the machine the newest turns may be missing; jobs and the ledger know what was under way.
        await connection.execute("PRAGMA synchronous=normal")
        yield AsyncSqliteSaver(connection)


async def migrate_checkpoints(database_url: str) -> None:
    """Make or upgrade the tables on PostgreSQL, one process at a time; SQLite makes its own when it is opened."""
    if not database_url.startswith("postgresql"):
        return
    # setup() races with itself: two replicas that start on an empty database would both create the tables.
    async with _pool(database_url) as pool, pool.connection() as connection:
        await connection.execute("SELECT pg_advisory_lock(4815162342)")
        try:
            await _saver(pool).setup()
        finally:
            await connection.execute("SELECT pg_advisory_unlock(4815162342)")


@asynccontextmanager
async def _pool(database_url: str) -> AsyncIterator[Any]:
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    url = "postgresql://" + database_url.split("://", 1)[1]
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, min_size=1, max_size=4, open=False, kwargs=options) as pool:
        yield pool


def _saver(pool: Any) -> "AsyncPostgresSaver":
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

    return AsyncPostgresSaver(pool)


def _private_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "checkpoints.db"
    path.touch(mode=0o600, exist_ok=True)
    return path
