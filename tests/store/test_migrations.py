"""The tables come from the migrations, and the migrations lead to the tables that the code believes in."""

import asyncio
import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from domain.errors import Misconfigured
from store.database import Database
from store.migrations.revisions import HEAD, REVISIONS
from store.schema import metadata


def _differences(connection: Connection) -> list[object]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_lead_to_the_schema(database_url: str) -> None:
    """A database that was migrated has exactly the tables, columns and indexes of schema.py."""
    database = await Database.open(database_url)

    async with database.read() as tx:
        differences = await tx.connection.run_sync(_differences)

    await database.close()
    assert differences == []


def test_the_list_of_revisions_is_the_folder_of_revisions() -> None:
    """What the code calls the newest step is the newest step there is, and none is forgotten."""
    from alembic.script import ScriptDirectory

    folder = ScriptDirectory(str(Path(__file__).parents[2] / "store" / "migrations"))

    known = [step.revision for step in folder.walk_revisions()]

    assert tuple(reversed(known)) == REVISIONS
    assert folder.get_current_head() == HEAD


async def test_several_processes_may_migrate_at_once(tmp_path: Path) -> None:
    """Opening a new database from several places at the same moment migrates it once and fails nowhere."""
    url = f"sqlite:///{tmp_path}/new/hilda.db"

    opened = await asyncio.gather(*(Database.open(url) for _ in range(5)))

    versions = [await database.version() for database in opened]
    for database in opened:
        await database.close()
    assert versions == [HEAD] * 5


async def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    """Tables of a version that this code does not know stop the start with a line that says so."""
    database = await Database.open(database_url)
    async with database.begin() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()

    with pytest.raises(Misconfigured, match=r"newer Hilda \(tables '9999'"):
        await Database.open(database_url)


async def test_an_embedded_database_is_private(tmp_path: Path) -> None:
    """The file, what SQLite keeps beside it and the folder are for their owner only."""
    file = tmp_path / "state" / "hilda.db"

    database = await Database.open(f"sqlite:///{file}")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    await database.close()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(modes, 0o600)
    assert {"hilda.db", "hilda.db-wal"} <= set(modes)


async def test_every_connection_to_sqlite_is_set_up_alike(tmp_path: Path) -> None:
    """WAL, synchronous=normal, and no wait inside SQLite, which would hold up everything else."""
    database = await Database.open(f"sqlite:///{tmp_path}/db/hilda.db")

    async with database.read() as one, database.read() as other:
        seen = [
            [
                (await tx.execute(text(f"PRAGMA {name}"))).scalar()
                for name in ("journal_mode", "synchronous", "busy_timeout")
            ]
            for tx in (one, other)
        ]

    await database.close()
    assert seen == [["wal", 1, 0]] * 2
