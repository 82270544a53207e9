"""Ten thousand alerts at once before `hilda serve`, on a cluster where one of forty namespaces is really broken.

    python bench/alert_burst.py [--alerts 10000] [--rate 0] [--only sqlite|postgres] [--seed 1]

Two runs, one after the other: Hilda on SQLite, and two Hildas on PostgreSQL of which one gets SIGKILL half-way.
Generator (bench/alerts/generator.py), Hilda, cluster and database are processes of their own on this one machine; a
fake Slack that keeps Slack's rate limits hears what comes of it. PostgreSQL and SQLite write to the disk before a 2xx.

    alerts a second   different alerts that were acknowledged, by the time it took; repeats and ends come on top
    2xx               from a notification's first byte until its answer, each with up to fifty alerts in it
    lost              acknowledged, and not in the store as it was told: not there, or firing though its end was told
    doubled           the same alert twice in the store, or a message that Slack holds twice
    incidents         that came of it; messages: posts in the channel, posts below them come on top
    CPU               of all of Hilda's processes, from the first byte to the last 2xx
    RSS               of Hilda's process at its peak; of two the larger
    settled           from the last 2xx until all was looked into and said

The last line is JSON.
"""

import argparse
import asyncio
import contextlib
import json
import random
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select

from bench.processes import running, tell
from bench.replicas import Replica, migrated, on_the_ground, opened_store, serving
from bot.doors.http.alerts import PATH
from bot.doors.slack.conversations import DOOR
from practice.children import free_ports
from practice.ground import PracticeGround
from store.clock import DB_CLOCK, to_micros
from store.record import Store
from store.schema import alert, incident, job
from tests.fakes.slack.places import Place
from tests.fakes.slack.server import FakeSlack, fake_slack
from tests.postgres import start_postgres

SETTLE_SECONDS = 180.0


async def main(alerts: int, rate: float, only: str, seed: int) -> dict[str, dict[str, float]]:
    figures = {}
    async with PracticeGround.open("bad-image", seed, kind="small", metrics=False, tell=tell) as ground:
        if only in {"", "sqlite"}:
            with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
                figures["SQLite"] = await _burst(alerts, rate, seed, ground, Path(folder), "", replicas=1)
        if only in {"", "postgres"}:
            server = start_postgres(durable=True)
            try:
                with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
                    url = server.new_database()
                    found = await _burst(alerts, rate, seed, ground, Path(folder), url, replicas=2)
                    figures["PostgreSQL, one of two killed"] = found
            finally:
                server.close()
    return figures


async def _burst(
    alerts: int, rate: float, seed: int, ground: PracticeGround, folder: Path, database: str, *, replicas: int
) -> dict[str, float]:
    async with fake_slack() as slack, contextlib.AsyncExitStack() as stack:
        channel = slack.channel("ops", slack.user("oncall"))
        settings = _settings(slack, channel, ground, folder, database)
        if database:
            await migrated(settings)
        started = [await stack.enter_async_context(serving(settings, folder, port)) for port in free_ports(replicas)]
        slack.app.request_url = f"http://127.0.0.1:{started[-1].port}/slack/events"
        tell(f"{alerts} alerts for Hilda on {'PostgreSQL' if database else 'SQLite'}")
        before = _cpu(started)
        sent = await _send(alerts, rate, seed, ground, folder, started)
        sent["CPU while they came, s"] = round(_cpu(started) - before, 1)
        store = await opened_store(settings)
        try:
            settled = await _settled(store)
            figures = {**sent, **await _kept(store, folder / "acknowledged")}
        finally:
            await store.close()
        for replica in started:
            replica.look()
        return {
            **figures,
            **_said(slack, channel),
            "peak RSS, MB": round(max(replica.peak_mb for replica in started)),
            "settled, s": round(settled, 1),
        }


def _cpu(replicas: list[Replica]) -> float:
    for replica in replicas:
        replica.look()
    return sum(replica.cpu_seconds for replica in replicas)


def _settings(slack: FakeSlack, channel: Place, ground: PracticeGround, folder: Path, database: str) -> dict[str, str]:
    """Announced in one channel, as for a team that has one; the alerts are heard from this machine alone."""
    place = f"slack:{slack.workspace.team_id}:{channel.id}"
    (folder / "hilda.yaml").write_text(yaml.safe_dump({"routes": [{"to": [place]}]}))
    return {
        **on_the_ground(ground, folder, database),
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "HILDA_SLACK_API_URL": slack.api_url,
        "HILDA_CONFIG": str(folder / "hilda.yaml"),
    }


async def _send(
    alerts: int, rate: float, seed: int, ground: PracticeGround, folder: Path, started: list[Replica]
) -> dict[str, float]:
    urls = [part for one in started for part in ("--url", f"http://127.0.0.1:{one.port}{PATH}")]
    numbers = ["--alerts", str(alerts), "--rate", str(rate), "--seed", str(seed)]
    words = [*numbers, *urls, "--namespace", ground.namespace, "--acknowledged", str(folder / "acknowledged")]
    async with running(["bench/alerts/generator.py", *words], {}) as generator:
        assert generator.stdout is not None
        assert await generator.stdout.readline() == b"ready\n"
        killing = asyncio.create_task(started[0].kill(alerts / 4000)) if len(started) > 1 else None
        said, _ = await generator.communicate()
        assert generator.returncode == 0, said.decode()
        if killing is not None:
            await killing
        found: dict[str, float] = json.loads(said.splitlines()[-1])
        tell(f"{found['alerts a second']} alerts a second")
        return found


async def _settled(store: Store) -> float:
    """Seconds until nothing was left to do or to say; what waits for a later hour does not count."""
    began, quiet = time.monotonic(), 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while quiet < 5:
                busy = await _due(store) or await store.outbox.waiting(DOOR)
                quiet = 0 if busy else quiet + 1
                await asyncio.sleep(0.2)
    return time.monotonic() - began


async def _due(store: Store) -> int:
    due = (job.c.state == "running") | (job.c.state == "ready") & (job.c.run_at <= DB_CLOCK)
    async with store.database.read() as tx:
        return int((await tx.execute(select(func.count()).where(due))).scalar_one())


async def _kept(store: Store, acknowledged: Path) -> dict[str, float]:
    async with store.database.read() as tx:
        rows = [tuple(row) for row in await tx.execute(select(alert.c.fingerprint, alert.c.started_at, alert.c.state))]
        incidents = (await tx.execute(select(func.count()).select_from(incident))).scalar_one()
    kept = {(fingerprint, started): state for fingerprint, started, state in rows}
    lost = 0
    for line in (await asyncio.to_thread(acknowledged.read_text)).splitlines():
        fingerprint, start, over = line.split()
        state = kept.get((fingerprint, to_micros(datetime.fromisoformat(start))))
        lost += state is None or (over == "1" and state == "firing")
    return {"lost": lost, "alerts doubled": len(rows) - len(kept), "incidents": incidents}


def _said(slack: FakeSlack, channel: Place) -> dict[str, float]:
    posts = [message for message in channel.channel.messages if message.bot_id]
    heads = [message for message in posts if message.thread_ts in ("", message.ts)]
    twice = Counter(key for message in posts if (key := _key(message.metadata)))
    return {
        "messages": len(heads),
        "posts below them": len(posts) - len(heads),
        "messages doubled": sum(count - 1 for count in twice.values()),
        "refused by Slack": sum(not call.answer["ok"] for call in slack.api.calls),
    }


def _key(metadata: Any) -> str:
    """What a message says it is."""
    found = json.loads(metadata) if isinstance(metadata, str) else metadata
    payload = (found or {}).get("event_payload") or {}
    return f"{payload.get('key', '')}#{payload.get('part', 0)}" if payload else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A burst of alerts before `hilda serve`.")
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=0, help="alerts a second; 0: as many as are taken")
    parser.add_argument("--only", choices=("sqlite", "postgres"), default="")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    chosen = parser.parse_args()
    tell(f"seed {chosen.seed}")
    print(json.dumps(asyncio.run(main(chosen.alerts, chosen.rate, chosen.only, chosen.seed))))
