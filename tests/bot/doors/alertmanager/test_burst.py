"""A thousand alerts at once from the bench's generator: each that was thanked for is there, once, as it was told."""

import ast
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from bot.doors.http.alerts import PATH, alerts_router
from bot.doors.http.listening import listening
from bot.doors.http.senders import Senders
from bot.doors.http.service import service
from domain.alerts import HeardAlert
from store.clock import to_micros
from store.record import Store
from store.schema import alert
from store.work.alerts import Received

GENERATOR = Path(__file__).parents[4] / "bench" / "alerts" / "generator.py"
COUNT = 1000


def test_the_generator_knows_nothing_of_whom_it_sends_to() -> None:
    """It imports Python's own modules and no other."""
    found = ast.walk(ast.parse(GENERATOR.read_text()))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else name.name
        for node in found
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }

    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


async def test_a_burst_is_kept_whole(tmp_path: Path) -> None:
    """Sixteen senders, one in ten notifications twice, one alert in twenty over before the burst is."""
    store = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "key" / "audit.key")

    async def receive(batch: Sequence[HeardAlert], source: str) -> Received:
        return await store.alerts.receive(batch, source, cluster="c1")

    async def no_troubles() -> Mapping[str, str]:
        return {}

    app = service(no_troubles, {}, [alerts_router(receive, Senders("s3cret"))])
    async with listening(app, "127.0.0.1", 0) as port:
        told = ["--url", f"http://127.0.0.1:{port}{PATH}", "--alerts", str(COUNT), "--token", "s3cret"]
        generator = await asyncio.create_subprocess_exec(
            sys.executable,
            str(GENERATOR),
            *told,
            "--acknowledged",
            str(tmp_path / "told"),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await generator.communicate()
    async with store.database.read() as tx:
        rows = [tuple(row) for row in await tx.execute(select(alert.c.fingerprint, alert.c.started_at, alert.c.state))]
    waiting = await store.jobs.waiting()
    await store.close()

    wanted = {}
    for line in (tmp_path / "told").read_text().splitlines():
        fingerprint, start, over = line.split()
        wanted[fingerprint, to_micros(datetime.fromisoformat(start))] = "resolved" if over == "1" else "firing"
    figures = json.loads(said.splitlines()[-1])
    assert (figures["alerts"], figures["given up"]) == (COUNT, 0)
    assert len(rows) == COUNT
    assert {(fingerprint, start): state for fingerprint, start, state in rows} == wanted
    assert waiting == 40
