"""A busy workspace before `hilda serve`: fifty events a second for a minute while twenty investigations go on.

    python bench/slack_load.py [--seconds 60] [--rate 50] [--only echo|sqlite|postgres] [--seed 1]

Three runs, one after the other, each with a fake Slack that keeps Slack's rate limits and everything over real sockets:
a bare slack_bolt app that says back what it hears; Hilda on SQLite; two Hildas on PostgreSQL, of which one gets SIGKILL
half-way. Fake, sender, Hilda, cluster and database are processes of their own on this one machine.

Of fifty events (bench/slack/talk.py draws them) half are talk among people in channels that Hilda is in, which she has
to read and acknowledge and nothing more; 8 mention her (4 messages, since Slack brings each twice), 8 are written to
her directly, 4 go on in threads that she is part of, 2 are slash commands, 2 are edits, 2 are redeliveries. What is
asked there is small: a greeting, help, a list. Beside these, not counted in them: twenty people investigate an incident
on a practice cluster, each asking the next thing every five seconds, which makes 240 looks a minute; and what Slack
tells Hilda of each message of her own.

    ack         from the moment at which Slack would send an event until Hilda has acknowledged it; retries count on
    first word  from the same moment until Slack has the first message that answers it
    answer      the same until Slack has the answer itself
    lost        asked and never answered, or never acknowledged
    duplicated  keys that stand twice, progress that no answer took the place of, and answers said twice
    RSS, CPU    of Hilda's process; of two the larger, and the sum of both

The last line is JSON.
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.slack.talk import Said, talk
from bench.used import Used
from bot.doors.slack.conversations import DOOR
from practice.children import free_ports
from practice.ground import PracticeGround
from store.places import default_audit_key, default_database_url
from store.record import Store
from tests.fakes.slack.application import App
from tests.postgres import start_postgres

WANTED = {
    "ack p50, ms": "≤ 100 on SQLite",
    "ack p99, ms": "≤ 100 on SQLite",
    "first word p50, s": "≤ 1.5",
    "first word p99, s": "≤ 3",
    "lost": "0",
    "duplicated": "0",
    "peak RSS, MB": "≤ 350",
}
SETTLE_SECONDS = 90.0
"""How long what was asked may take to be answered after the last event."""
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Load:
    seed: int
    since: int
    seconds: float
    rate: float

    @property
    def words(self) -> list[str]:
        """As the processes take it on their command lines."""
        return [str(self.seed), str(self.since), str(self.seconds), str(self.rate)]

    @property
    def said(self) -> list[Said]:
        return talk(self.seed, self.since, self.seconds, self.rate)


async def main(seconds: float, rate: float, only: str, seed: int) -> dict[str, dict[str, float]]:
    load = Load(seed, int(time.time()), seconds, rate)
    figures: dict[str, dict[str, float]] = {}
    if only in {"", "echo"}:
        figures["bare slack_bolt echo"] = await _echo(load)
    if only == "echo":
        return figures
    async with PracticeGround.open("bad-image", seed, kind="small", metrics=False, tell=_tell) as ground:
        if only in {"", "sqlite"}:
            with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
                figures["Hilda on SQLite"] = await hilda(load, ground, Path(folder), "", replicas=1)
        if only in {"", "postgres"}:
            server = start_postgres(durable=True)
            try:
                with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
                    url = server.new_database()
                    found = await hilda(load, ground, Path(folder), url, replicas=2)
                    figures["Hilda on PostgreSQL, one of two killed"] = found
            finally:
                server.close()
    return figures


async def _echo(load: Load) -> dict[str, float]:
    port, slack_port = free_ports(2)
    url = f"http://127.0.0.1:{port}/slack/events"
    async with _fake(load, slack_port, url) as (fake, api_url):
        command = [sys.executable, "-m", "bench.slack.echo", str(port), api_url]
        async with _process(command, {}) as echo:
            assert echo.stdout is not None
            await echo.stdout.readline()
            used = Used(echo)
            _tell(f"echo: {load.rate:g} events a second for {load.seconds:g} s")
            sent = await _send(load, [url])
            await asyncio.sleep(3)
            used.look()
        return _figures(load, sent, await _seen(fake), [used])


async def hilda(load: Load, ground: PracticeGround, folder: Path, database: str, *, replicas: int) -> dict[str, float]:
    """What so many replicas make of it; of several one is killed. `database`: its URL, "" for SQLite."""
    slack_port, *ports = free_ports(1 + replicas)
    urls = [f"http://127.0.0.1:{port}/slack/events" for port in ports]
    settings = _settings(ground, folder, database)
    if database:
        async with _process([sys.executable, "-m", "bot.cli", "migrate"], settings) as migration:
            assert await migration.wait() == 0, "the tables could not be made"
    async with contextlib.AsyncExitStack() as stack:
        fake, api_url = await stack.enter_async_context(_fake(load, slack_port, urls[-1]))
        started = []
        for port in ports:
            more = {"HILDA_SLACK_API_URL": api_url, "HILDA_HTTP_PORT": str(port)}
            log = folder / f"serve-{port}.log"
            command = [sys.executable, "-m", "bot.cli", "serve"]
            started.append(await stack.enter_async_context(_process(command, settings | more, log)))
            await _serves(started[-1], log)
        used = [Used(process) for process in started]
        for one in used:
            one.look()
        before = sum(one.cpu_seconds for one in used)
        where = "PostgreSQL" if database else "SQLite"
        _tell(f"Hilda on {where}: {load.rate:g} events a second for {load.seconds:g} s")
        kill = asyncio.create_task(_kill(started[0], used[0], load.seconds / 2)) if replicas > 1 else None
        sent = await _send(load, urls)
        await asyncio.gather(*([kill] if kill else []))
        settled = await _settled(settings)
        for one in used:
            one.look()
        _tell(f"settled {settled:.1f} s after the last event")
        seen = await _seen(fake)
    found = _figures(load, sent, seen, used)
    return {**found, "CPU, s": round(found["CPU, s"] - before, 1)}


def _settings(ground: PracticeGround, folder: Path, database: str) -> dict[str, str]:
    app = App()
    return {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "HILDA_STATE_DIR": str(folder / "state"),
        "KUBECONFIG": str(ground.kubeconfig),
        "HILDA_CONTEXT": ground.context,
        **({"DATABASE_URL": database} if database else {}),
    }


async def _serves(process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(60):
        while "serves on http" not in (text := await asyncio.to_thread(log.read_text)):
            assert process.returncode is None, text
            await asyncio.sleep(0.05)


async def _kill(process: asyncio.subprocess.Process, used: Used, after: float) -> None:
    await asyncio.sleep(1 + after)
    used.look()
    process.kill()
    _tell("one of two was killed")


async def _settled(settings: dict[str, str]) -> float:
    """Seconds until nothing was left to do or to say."""
    began = time.monotonic()
    state = Path(settings["HILDA_STATE_DIR"])
    database = settings.get("DATABASE_URL") or default_database_url(state)
    store = await Store.open(database, default_audit_key(state), create=False)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while await store.jobs.waiting() or await store.outbox.waiting(DOOR):
                    await asyncio.sleep(0.2)
    finally:
        await store.close()
    return time.monotonic() - began


async def _send(load: Load, urls: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.slack.sender", *load.words, *urls]
    async with _process(command, {}) as sender:
        said, _ = await sender.communicate()
        assert sender.returncode == 0, said.decode()
        found: dict[str, Any] = json.loads(said)
        return found


@asynccontextmanager
async def _fake(load: Load, port: int, request_url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    command = [sys.executable, "-m", "bench.slack.workspace", *load.words, str(port), request_url]
    async with _process(command, {}) as fake:
        assert fake.stdout is not None
        assert await fake.stdout.readline() == b"ready\n"
        yield fake, f"http://127.0.0.1:{port}/api/"


async def _seen(fake: asyncio.subprocess.Process) -> dict[str, Any]:
    fake.send_signal(signal.SIGTERM)
    said, _ = await fake.communicate()
    found: dict[str, Any] = json.loads(said)
    return found


@asynccontextmanager
async def _process(
    command: list[str], settings: dict[str, str], log: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """With stdout for us, or both of its outputs in a file; gone at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "HILDA_", "OPENAI_"))}
    with contextlib.ExitStack() as stack:
        output: Any = stack.enter_context(log.open("wb")) if log else asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**kept, **settings},
            stdout=output,
            stderr=output if log else None,
            limit=2**28,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _figures(load: Load, sent: dict[str, Any], seen: dict[str, Any], used: list[Used]) -> dict[str, float]:
    acks = [one["seconds"] for one in sent["acks"] if one["tries"]]
    asked = {one.key: sent["begun"] + one.at for one in load.said if one.answered}
    first: dict[str, float] = {}
    answered: dict[str, float] = {}
    for at, _, key, _ in sorted(seen["said"]):
        about, _, what = key.partition(":answer:")
        about = about.partition(":looking")[0].partition("#")[0]
        if about in asked:
            first.setdefault(about, at - asked[about])
            if what or ":failed" in key:
                answered.setdefault(about, at - asked[about])
    standing = Counter(seen["left"])
    twice = sum(count - 1 for count in standing.values())
    unreplaced = sum(count for key, count in standing.items() if ":looking" in key and ":done" not in key)
    return {
        "events": len(sent["acks"]),
        "asked": len(asked),
        "ack p50, ms": round(1000 * _share(acks, 0.5), 1),
        "ack p99, ms": round(1000 * _share(acks, 0.99), 1),
        "first word p50, s": round(_share(list(first.values()), 0.5), 2),
        "first word p99, s": round(_share(list(first.values()), 0.99), 2),
        "answer p50, s": round(_share(list(answered.values()), 0.5), 2),
        "answer p99, s": round(_share(list(answered.values()), 0.99), 2),
        "lost": len(asked) - len(answered) + sum(not one["tries"] for one in sent["acks"]),
        "duplicated": twice + unreplaced,
        "refused by Slack": sum(seen["refused"].values()),
        "peak RSS, MB": round(max(one.peak_mb for one in used), 0),
        "CPU, s": round(sum(one.cpu_seconds for one in used), 1),
    }


def beside(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float | str]]:
    """The runs beside each other: a row for each figure, with what is wanted of it."""
    names = next(iter(figures.values()))
    return {
        name: {**{run: found[name] for run, found in figures.items()}, "wanted": WANTED.get(name, "")} for name in names
    }


def _share(values: list[float], share: float) -> float:
    """The value that so many of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan


def _tell(step: str) -> None:
    print(f"· {step}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A busy workspace before `hilda serve`.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--only", choices=("echo", "sqlite", "postgres"), default="")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    chosen = parser.parse_args()
    _tell(f"seed {chosen.seed}")
    print(json.dumps(beside(asyncio.run(main(chosen.seconds, chosen.rate, chosen.only, chosen.seed)))))
