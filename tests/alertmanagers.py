"""Two Alertmanagers to test with: the real one, and practice's own. Alerts are put into both by hand."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from practice import programs
from practice.children import Children, free_ports
from practice.metrics.alertmanager import Alertmanager
from practice.metrics.rules import Alert
from practice.promql.labels import labels_of
from practice.waiting import until
from tests.needs import needs

CONFIG = """
route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
"""


@dataclass
class Held:
    """One Alertmanager, as a test looks at it."""

    url: str

    async def fire(self, *alerts: Mapping[str, str]) -> None:
        """These alerts fire from now on."""
        now = datetime.now(UTC)
        told = [
            {"labels": dict(labels), "startsAt": _at(now), "endsAt": _at(now + timedelta(hours=2))} for labels in alerts
        ]
        await self.ask("POST", "/api/v2/alerts", told)

        async def held() -> bool:
            return len(await self.ask("GET", "/api/v2/alerts")) >= len(alerts)

        await until("Alertmanager to hold the alerts", held, seconds=10)

    async def silences(self, state: str = "active") -> list[dict[str, Any]]:
        return [one for one in await self.ask("GET", "/api/v2/silences") if one["status"]["state"] == state]

    async def alerts(self) -> dict[str, str]:
        """Each alert's state by its name: `active` or `suppressed`. A silence takes a moment to show in them."""
        return {one["labels"]["alertname"]: one["status"]["state"] for one in await self.ask("GET", "/api/v2/alerts")}

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with aiohttp.ClientSession(self.url) as session, session.request(method, path, json=body) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return json.loads(text) if text else None


@asynccontextmanager
async def real_alertmanager(folder: Path, config: str = CONFIG) -> AsyncIterator[Held]:
    """Alertmanager itself, alone, on loopback."""
    program = programs.where("alertmanager") or needs("prometheus-alertmanager")["prometheus-alertmanager"]
    _write(folder, config)
    (port,) = free_ports(1)
    children = Children(folder)
    children.start(
        [
            program,
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
    )
    held = Held(f"http://127.0.0.1:{port}")

    async def ready() -> bool:
        try:
            return bool(await held.ask("GET", "/api/v2/status"))
        except (aiohttp.ClientError, AssertionError):
            return False

    try:
        await until("Alertmanager to be ready", ready, seconds=20, check=children.check)
        yield held
    finally:
        await children.stop()


class _ByHand:
    """Stands where practice's alert rules stand."""

    def __init__(self) -> None:
        self.held: list[Alert] = []

    def active(self) -> list[Alert]:
        return self.held


@dataclass
class _Practice(Held):
    rules: _ByHand

    async def fire(self, *alerts: Mapping[str, str]) -> None:
        since = int(time.time() * 1000)
        self.rules.held += [Alert(labels_of(labels), {}, 1.0, since, since) for labels in alerts]


@asynccontextmanager
async def practice_alertmanager() -> AsyncIterator[Held]:
    """What `make demo` answers with."""
    rules = _ByHand()
    app = web.Application()
    app.add_routes(Alertmanager(rules).routes())  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    (port,) = free_ports(1)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield _Practice(f"http://127.0.0.1:{port}", rules)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def an_alertmanager(which: str, folder: Path) -> AsyncIterator[Held]:
    """`real` or `practice`."""
    async with real_alertmanager(folder) if which == "real" else practice_alertmanager() as held:
        yield held


async def settled(held: Held, name: str, state: str) -> None:
    """Until the alert of that name is in that state: silences show in alerts when Alertmanager looks at them next."""

    async def so() -> bool:
        return (await held.alerts()).get(name) == state

    await until(f"{name} to be {state}", so, seconds=15)
    await asyncio.sleep(0)


def _write(folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(config)


def _at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
