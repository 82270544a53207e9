"""`hilda serve` as a process of its own, before a Slack that behaves and a cluster with an incident in it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from practice.ground import PracticeGround
from tests.conftest import OpenGround
from tests.fakes.slack.bolt_app import TRANSPORTS
from tests.fakes.slack.server import FakeSlack, fake_slack

pytestmark = [pytest.mark.timeout(180)]


class Process:
    def __init__(self, process: asyncio.subprocess.Process, log: Path, port: int) -> None:
        self.process, self.log, self.port = process, log, port

    async def ends(self) -> int:
        async with asyncio.timeout(40):
            return await self.process.wait()


@asynccontextmanager
async def serve(slack: FakeSlack, ground: PracticeGround, folder: Path, transport: str) -> AsyncIterator[Process]:
    token = {"SLACK_APP_TOKEN": slack.app.app_token}
    secret = {"SLACK_SIGNING_SECRET": slack.app.signing_secret}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "HILDA_"))},
        **(token if transport == "socket" else secret),
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "HILDA_SLACK_API_URL": slack.api_url,
        "HILDA_HTTP_PORT": "0",
        "HILDA_STATE_DIR": str(folder),
        "KUBECONFIG": str(ground.kubeconfig),
        "HILDA_CONTEXT": ground.context,
    }
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "serve", env=environment, stdout=output, stderr=output
        )
    try:
        port = await _port(process, log)
        slack.app.request_url = f"http://127.0.0.1:{port}/slack/events" if transport == "http" else ""
        if transport == "socket":
            await slack.sockets.connected(within=30)
        yield Process(process, log, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _port(process: asyncio.subprocess.Process, log: Path) -> int:
    async with asyncio.timeout(60):
        while True:
            text = await asyncio.to_thread(log.read_text)
            if found := re.search(r"serves on http://[^:]+:(\d+)", text):
                return int(found[1])
            assert process.returncode is None, text
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_question_in_slack_is_answered_from_the_cluster(
    transport: str, small_ground: OpenGround, tmp_path: Path
) -> None:
    """Asked while SIGTERM comes: the process ends by itself, with the answer said, and nothing left over."""
    ground = await small_ground("bad-image", 5, metrics=False)
    async with fake_slack() as slack, serve(slack, ground, tmp_path, transport) as hilda:
        alice = slack.user("alice")
        shop = slack.channel("shop", alice)
        async with httpx.AsyncClient() as client:
            ready = await client.get(f"http://127.0.0.1:{hilda.port}/readyz")

        asked = await alice.says(shop, "@hilda what is wrong?")
        hilda.process.send_signal(signal.SIGTERM)
        code = await hilda.ends()

        log = await asyncio.to_thread(hilda.log.read_text)
        assert ready.json() == {"ready": True, "troubles": {}}
        assert code == 0, log
        assert any("How I know" in seen.words or "image" in seen.words.lower() for seen in shop.thread(asked)[1:]), log
        assert "Traceback" not in log
