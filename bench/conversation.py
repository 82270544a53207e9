"""How long a question takes in a running chat on 500 pods, and what turn 100 costs beside turn 1.

A real control plane, a real Prometheus, an incident, and filler pods up to 500. Floors from the same run: reading the
same kinds bare, a turn that looks at nothing, a row that another connection reads, and what a command imports.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App, open_app, working
from bot.cli.practice_people import introduce
from bot.doors.terminal.connection import StoredConversation
from bot.settings import Settings, load_settings
from domain.cards import Progress, Text
from domain.messages import Message
from domain.people import Person
from practice import programs
from practice.ground import PracticeGround
from practice.kubectl import kubectl
from tools.kubernetes.kinds import DEFAULT_KINDS, KINDS

QUESTIONS = 7
TURNS = 100
DECISIONS = 5
HILDA = str(Path(sys.executable).parent / "hilda")
CHECK_IMPORTS = "import kubernetes.aio.client, aiohttp, orjson, rich, typer, pydantic_settings"
ASK_IMPORTS = f"{CHECK_IMPORTS}, langgraph.graph, sqlalchemy.ext.asyncio, aiosqlite, langgraph.checkpoint.sqlite.aio"
COLD = {
    "cold hilda check, s": [HILDA, "check"],
    "floor: check's imports, s": [sys.executable, "-c", CHECK_IMPORTS],
    "cold hilda ask, s": [HILDA, "ask", "what is wrong?"],
    "floor: ask's imports, s": [sys.executable, "-c", ASK_IMPORTS],
}


async def main(pods: int) -> dict[str, float]:
    async with PracticeGround.open("bad-image", 3, tell=_tell) as ground:
        await _fill(ground, pods)
        settings = load_settings(
            kubeconfig=str(ground.kubeconfig),
            prometheus_url=ground.prometheus_url,
            state_dir=Path(tempfile.mkdtemp(prefix="hilda-bench-")),
            environments={},
        )
        async with open_app(settings) as app, working(app):
            await introduce(app)
            asked = [await _ask(app, "what is wrong?") for _ in range(QUESTIONS)][2:]
            floor = [await _read_bare(app) for _ in range(QUESTIONS)][2:]
            turns = await _turns(app, "what is wrong?", TURNS)
            idle = await _turns(app, "help", QUESTIONS)
            seen = [await _decision_seen(app, ground, settings) for _ in range(DECISIONS)]
        cold = {name: await asyncio.to_thread(_cold, ground, settings, words) for name, words in COLD.items()}
    first, last = statistics.median(turns[1:11]), statistics.median(turns[-10:])
    return {
        "pods": pods,
        "first evidence, s": round(statistics.median(a for a, _ in asked), 3),
        "full answer, s": round(statistics.median(b for _, b in asked), 3),
        "floor: the same lists read bare, s": round(statistics.median(floor), 3),
        "turn 1, s": round(first, 4),
        "turn 100, s": round(last, 4),
        "turn 100 / turn 1": round(last / first, 2),
        "floor: a turn that looks at nothing, s": round(statistics.median(idle[2:]), 4),
        "a decision in another terminal is seen here, ms": round(1000 * statistics.median(seen)),
        "the slowest of them, ms": round(1000 * max(seen)),
        "floor: a row that another connection reads, ms": round(1000 * _row_read(settings), 2),
        **cold,
    }


async def _decision_seen(app: App, ground: PracticeGround, settings: Settings) -> float:
    """Seconds from another process's decision, by the record's clock, until this conversation shows it."""
    conversation = f"terminal:bench:{uuid.uuid4().hex}"
    line = StoredConversation(app.store, app.worker, conversation, app.desk.cluster, app.desk.label)
    shown: dict[str, float] = {}

    async def listen() -> None:
        async for reply in line.replies():
            for part in reply.card.parts:
                if isinstance(part, Progress) and any("rejected by" in text for text, _ in part.steps):
                    shown.setdefault("at", time.time())

    listening = asyncio.create_task(listen())
    for words in ("what is wrong?", "script"):
        await line.send(_message(app, conversation, words))
    waiting, *_ = await app.store.proposals.list(conversation=conversation)
    command = [HILDA, "proposals", "reject", waiting.proposal.id, "--as", "lead", "--reason", "a bench"]
    await asyncio.to_thread(
        subprocess.run, command, env=_environment(ground, settings), check=True, capture_output=True
    )
    async with asyncio.timeout(10):
        while "at" not in shown:
            await asyncio.sleep(0.01)
    listening.cancel()
    decided = await app.store.proposals.get(waiting.proposal.id)
    assert decided is not None
    return shown["at"] - decided.decisions[-1].at.timestamp()


def _row_read(settings: Settings) -> float:
    """Seconds from an insert until another connection of SQLite has it, nobody waiting for anything."""
    took = []
    with (
        closing(sqlite3.connect(settings.state_dir / "row.db", isolation_level=None)) as writer,
        closing(sqlite3.connect(settings.state_dir / "row.db", isolation_level=None)) as reader,
    ):
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE seen (n INTEGER)")
        for number in range(QUESTIONS):
            began = time.perf_counter()
            writer.execute("INSERT INTO seen VALUES (?)", (number,))
            assert reader.execute("SELECT max(n) FROM seen").fetchone() == (number,)
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def _environment(ground: PracticeGround, settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "KUBECONFIG": str(ground.kubeconfig),
        "PROMETHEUS_URL": ground.prometheus_url,
        "HILDA_STATE_DIR": str(settings.state_dir),
    }


def _cold(ground: PracticeGround, settings: Settings, words: list[str]) -> float:
    """A whole process against the same cluster, metrics included; best of three."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(words, env=_environment(ground, settings), capture_output=True, check=False)
        took.append(time.perf_counter() - began)
    return round(min(took), 3)


async def _ask(app: App, text: str) -> tuple[float, float]:
    """Seconds until the first evidence is on screen, and until the whole answer is."""
    conversation = f"terminal:bench:{uuid.uuid4().hex}"
    line = StoredConversation(app.store, app.worker, conversation, app.desk.cluster, app.desk.label)
    began = time.perf_counter()
    first = answered = 0.0

    async def listen() -> None:
        nonlocal first, answered
        async for reply in line.replies():
            told = [part for part in reply.card.parts if not isinstance(part, Progress)]
            now = time.perf_counter() - began
            if not first and any(isinstance(part, Text) or ":answer" in reply.key for part in told):
                first = now
            if ":answer" in reply.key and not answered:
                answered = now

    listening = asyncio.create_task(listen())
    await line.send(_message(app, conversation, text))
    listening.cancel()
    return first, answered


async def _turns(app: App, text: str, times: int) -> list[float]:
    conversation = f"terminal:bench:{uuid.uuid4().hex}"
    took = []
    for _ in range(times):
        began = time.perf_counter()
        async for _ in app.dispatcher.handle(_message(app, conversation, text)):
            pass
        took.append(time.perf_counter() - began)
    return took


async def _read_bare(app: App) -> float:
    """Every list that a look reads, at once, without doing anything with them."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for kind in DEFAULT_KINDS:
            group.create_task(app.desk.kube.get(KINDS[kind].path(), {"limit": "500"}, seconds=10))
    return time.perf_counter() - began


def _message(app: App, conversation: str, text: str) -> Message:
    author = Person("practice", app.desk.cluster, "oncall")
    return Message(uuid.uuid4().hex, author, conversation, text, datetime.now(UTC))


async def _fill(ground: PracticeGround, pods: int) -> None:
    """Healthy pods beside the incident, made by the real controllers."""
    each, manifests = 50, []
    for number in range(pods // each):
        name = f"filler-{number}"
        labels = {"app": name}
        container = {"name": "app", "image": "registry.example/filler:1"}
        manifests.append(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "filler"},
                "spec": {
                    "replicas": each,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                },
            }
        )
    whole = {"apiVersion": "v1", "kind": "List", "items": manifests}
    program, admin = programs.find(["kubectl"])["kubectl"], ground.admin_kubeconfig
    await kubectl(program, admin, ["create", "namespace", "filler"])
    await kubectl(program, admin, ["apply", "-f", "-"], given=json.dumps(whole))
    for number in range(pods // each):
        status = ["-n", "filler", "rollout", "status", f"deployment/filler-{number}", "--timeout=300s"]
        await kubectl(program, admin, status)


def _tell(step: str) -> None:
    print(f"· {step}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=500)
    print(json.dumps(asyncio.run(main(parser.parse_args().pods))))
