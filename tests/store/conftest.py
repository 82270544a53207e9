"""Every fact about the store is a fact on both databases: `store` and `database_url` come once for each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from store.database import Database
from store.ledger.audit_key import ensure_key
from store.record import Store
from tests.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> Callable[[], Awaitable[str]]:
    """A PostgreSQL database with the tables in it, copied from one that was migrated once."""
    done: list[str] = []

    async def new() -> str:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        if not done:
            url = server.new_database()
            database = await Database.connect(url)
            await database.migrate()
            await database.close()
            done.append(url.split("/")[3].split("?")[0])
        return server.new_database(done[0])

    return new


@pytest.fixture
async def database_url(kind: str, tmp_path: Path, migrated: Callable[[], Awaitable[str]]) -> str:
    return f"sqlite:///{tmp_path}/db/hilda.db" if kind == "sqlite" else await migrated()


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "audit.key"
    ensure_key(path)
    return path


@pytest.fixture
async def store(database_url: str, key_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(database_url, key_path)
    yield opened
    await opened.close()
