"""The three runs of a chat's bench: a bare echo; Hilda on SQLite; two Hildas on PostgreSQL, of which one is killed."""

import argparse
import asyncio
import contextlib
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from bench.chats.measuring import beside
from bench.chats.talk import Load
from bench.processes import running, tell
from bench.replicas import Replica, migrated, opened_store, serving
from practice.ground import PracticeGround
from tests.postgres import start_postgres

SETTLE_SECONDS = 90.0
"""How long what was asked may take to be answered after the last event."""

Figures = dict[str, float]


class Hilda(Protocol):
    async def __call__(
        self, load: Load, ground: PracticeGround, folder: Path, database: str, *, replicas: int
    ) -> Figures:
        """What so many replicas make of it; of several one is killed. `database`: its URL, "" for SQLite."""


def from_the_command_line(what: str, bare: str, echo: Callable[[Load], Awaitable[Figures]], hilda: Hilda) -> None:
    """`bare`: what the echo is called. The last line is JSON."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50, help="events a second")
    parser.add_argument("--only", choices=("echo", "sqlite", "postgres"), default="")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    chosen = parser.parse_args()
    tell(f"seed {chosen.seed}")
    load = Load(chosen.seed, int(time.time()), chosen.seconds, chosen.rate)
    print(json.dumps(beside(asyncio.run(_runs(load, chosen.only, bare, echo, hilda)))))


async def _runs(
    load: Load, only: str, bare: str, echo: Callable[[Load], Awaitable[Figures]], hilda: Hilda
) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    if only in {"", "echo"}:
        tell(f"echo: {load.rate:g} events a second for {load.seconds:g} s")
        found[bare] = await echo(load)
    if only == "echo":
        return found
    async with PracticeGround.open("bad-image", load.seed, kind="small", metrics=False, tell=tell) as ground:
        if only in {"", "sqlite"}:
            with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
                found["Hilda on SQLite"] = await hilda(load, ground, Path(folder), "", replicas=1)
        if only in {"", "postgres"}:
            server = start_postgres(durable=True)
            try:
                with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
                    killed = await hilda(load, ground, Path(folder), server.new_database(), replicas=2)
                    found["Hilda on PostgreSQL, one of two killed"] = killed
            finally:
                server.close()
    return found


@asynccontextmanager
async def replicas_of(
    settings: Mapping[str, str], folder: Path, ports: Sequence[int]
) -> AsyncIterator[Sequence[Replica]]:
    """One on each port, all on one store."""
    if "DATABASE_URL" in settings:
        await migrated(settings)
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(serving(settings, folder, port)) for port in ports]


async def through(
    load: Load,
    replicas: Sequence[Replica],
    settings: Mapping[str, str],
    door: str,
    send: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """The load on them until nothing is left to do or to say; of several one is killed half-way. What was sent."""
    where = "PostgreSQL" if "DATABASE_URL" in settings else "SQLite"
    tell(f"Hilda on {where}: {load.rate:g} events a second for {load.seconds:g} s")
    for one in replicas:
        one.begin()
    kill = asyncio.create_task(replicas[0].kill(1 + load.seconds / 2)) if len(replicas) > 1 else None
    sent = await send()
    await asyncio.gather(*([kill] if kill else []))
    settled = await _settled(settings, door)
    for one in replicas:
        one.look()
    tell(f"settled {settled:.1f} s after the last event")
    return sent


async def _settled(settings: Mapping[str, str], door: str) -> float:
    """Seconds until nothing was left to do or to say."""
    began = time.monotonic()
    store = await opened_store(settings)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while await store.jobs.waiting() or await store.outbox.waiting(door):
                    await asyncio.sleep(0.2)
    finally:
        await store.close()
    return time.monotonic() - began


async def said_by(command: Sequence[str], settings: Mapping[str, str] | None = None) -> Any:
    """What a process of the bench prints at its end, as JSON."""
    async with running(command, settings or {}) as process:
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return json.loads(said)
