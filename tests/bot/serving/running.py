"""`hilda serve` and `hilda executor` as processes of their own, before a Slack that behaves."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from practice.ground import PracticeGround
from tests.fakes.slack.server import FakeSlack


class Process:
    def __init__(self, process: asyncio.subprocess.Process, log: Path, port: int = 0) -> None:
        self.process, self.log, self.port = process, log, port

    async def ends(self) -> int:
        async with asyncio.timeout(40):
            return await self.process.wait()

    async def said(self) -> str:
        return await asyncio.to_thread(self.log.read_text)


@asynccontextmanager
async def serve(
    slack: FakeSlack, ground: PracticeGround, folder: Path, transport: str, **more: str
) -> AsyncIterator[Process]:
    """Heard by Socket Mode or signed HTTP when this is entered; its state is in `folder`. `more`: environment."""
    token = {"SLACK_APP_TOKEN": slack.app.app_token}
    secret = {"SLACK_SIGNING_SECRET": slack.app.signing_secret}
    environment = {
        **_without_ours(),
        **(token if transport == "socket" else secret),
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "HILDA_SLACK_API_URL": slack.api_url,
        "HILDA_HTTP_PORT": "0",
        "HILDA_STATE_DIR": str(folder),
        "KUBECONFIG": str(ground.kubeconfig),
        "HILDA_CONTEXT": ground.context,
        "PROMETHEUS_URL": ground.prometheus_url,
        **more,
    }
    async with _running("serve", environment, folder / "serve.log") as process:
        process.port = await _port(process)
        slack.app.request_url = f"http://127.0.0.1:{process.port}/slack/events" if transport == "http" else ""
        if transport == "socket":
            await slack.sockets.connected(within=30)
        yield process


@asynccontextmanager
async def serve_alone(ground: PracticeGround, folder: Path, **environment: str) -> AsyncIterator[Process]:
    """Without any chat, unless `environment` opens one."""
    needed = {
        "HILDA_HTTP_PORT": "0",
        "HILDA_STATE_DIR": str(folder),
        "KUBECONFIG": str(ground.kubeconfig),
        "HILDA_CONTEXT": ground.context,
    }
    async with _running("serve", {**_without_ours(), **needed, **environment}, folder / "serve.log") as process:
        process.port = await _port(process)
        yield process


@asynccontextmanager
async def serve_in_teams(ground: PracticeGround, folder: Path, **environment: str) -> AsyncIterator[Process]:
    """Open to the Playground on this machine, and to nobody else."""
    async with serve_alone(ground, folder, HILDA_TEAMS_DEVELOPMENT="1", **environment) as process:
        yield process


@asynccontextmanager
async def executor(ground: PracticeGround, folder: Path) -> AsyncIterator[Process]:
    """Beside it on the same state, with the executor's own kubeconfig."""
    environment = {
        **_without_ours(),
        "HILDA_STATE_DIR": str(folder),
        "KUBECONFIG": str(ground.executor_kubeconfig),
        "HILDA_CONTEXT": ground.context,
    }
    async with _running("executor", environment, folder / "executor.log") as process:
        yield process


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "HILDA_"))}


@asynccontextmanager
async def _running(command: str, environment: Mapping[str, str], log: Path) -> AsyncIterator[Process]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", command, env=dict(environment), stdout=output, stderr=output
        )
    try:
        yield Process(process, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _port(process: Process) -> int:
    async with asyncio.timeout(120):
        while True:
            text = await process.said()
            if found := re.search(r"serves on http://[^:]+:(\d+)", text):
                return int(found[1])
            assert process.process.returncode is None, text
            await asyncio.sleep(0.05)
