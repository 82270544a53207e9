"""`hilda serve`, once or several times on one store, before a bench."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import running, tell
from bench.used import Used
from practice.ground import PracticeGround
from store.places import default_audit_key, default_database_url
from store.record import Store


@dataclass
class Replica(Used):
    port: int = 0

    async def kill(self, after: float) -> None:
        await asyncio.sleep(after)
        self.look()
        self.process.kill()
        tell("one of two was killed")


def on_the_ground(ground: PracticeGround, folder: Path, database: str) -> dict[str, str]:
    """The settings of any bench: its own state, that cluster, and that database; "" for SQLite."""
    return {
        "HILDA_STATE_DIR": str(folder / "state"),
        "KUBECONFIG": str(ground.kubeconfig),
        "HILDA_CONTEXT": ground.context,
        **({"DATABASE_URL": database} if database else {}),
    }


@asynccontextmanager
async def serving(settings: Mapping[str, str], folder: Path, port: int) -> AsyncIterator[Replica]:
    """One that listens."""
    log = folder / f"serve-{port}.log"
    async with running(["-m", "bot.cli", "serve", "--port", str(port)], settings, log) as process:
        async with asyncio.timeout(60):
            while "serves on http" not in (text := await asyncio.to_thread(log.read_text)):
                assert process.returncode is None, text
                await asyncio.sleep(0.05)
        yield Replica(process, port=port)
        if "Traceback" in (text := await asyncio.to_thread(log.read_text)):
            print(text[-5000:], file=sys.stderr)


async def migrated(settings: Mapping[str, str]) -> None:
    """The tables of a database that several share."""
    async with running(["-m", "bot.cli", "migrate"], settings) as migration:
        assert await migration.wait() == 0, "the tables could not be made"


async def opened_store(settings: Mapping[str, str]) -> Store:
    state = Path(settings["HILDA_STATE_DIR"])
    database = settings.get("DATABASE_URL") or default_database_url(state)
    return await Store.open(database, default_audit_key(state), create=False)
