"""Microsoft's Agents Playground as a Teams client, its page in a headless Chromium.

https://www.npmjs.com/package/@microsoft/m365agentsplayground.
Somebody sits at it (Alex); others act through its own interface for made-up activities.
"""

import asyncio
import json
import os
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from scripts import teams_painter as painter

HANDS = Path(__file__).parent / "playground.mjs"
CHATS = {"personal": "Personal Chat", "group": "Group Chat", "channel": "My Team - General"}
KINDS = {"personal": "personal", "group": "groupChat", "channel": "channel"}


@dataclass(frozen=True)
class Account:
    id: str
    aad: str
    name: str


@dataclass
class Playground:
    url: str
    tenant: str
    bot: str
    alex: Account
    others: dict[str, Account]
    hands: asyncio.subprocess.Process

    async def does(self, act: str, **how: Any) -> Any:
        """One act of Alex at the page; what was found there. AssertionError where it did not work."""
        assert self.hands.stdin is not None
        assert self.hands.stdout is not None
        self.hands.stdin.write(json.dumps({"act": act, **how}).encode() + b"\n")
        await self.hands.stdin.drain()
        answer = json.loads(await self.hands.stdout.readline())
        if not answer["ok"]:
            words = "" if act == "words" else await self.does("words")
            raise AssertionError(f"{act} {how}: {answer['why']}\nthe page says:\n{words}")
        return answer["found"]

    async def goes_to(self, chat: str) -> None:
        await self.does("go", to=CHATS[chat])

    async def is_offered(self, name: str, seconds: float = 40) -> None:
        """A button to press."""
        await self.does("wait", name=name, seconds=seconds)

    async def presses(self, name: str) -> None:
        await self.does("press", name=name)

    async def sees(self, text: str, seconds: float = 60) -> None:
        await self.does("see", text=text, seconds=seconds)

    async def streams(self, seconds: float = 10) -> int:
        """How many streams the bot has begun, as the page's log tells; each of them has ended."""
        deadline = time.monotonic() + seconds
        while True:
            words = await self.does("words")
            told = re.findall(r"User Application -> .* Playground (typing 201|message 202)\b", words)
            begun = told.count("typing 201")
            if told == ["typing 201", "message 202"] * begun:
                return begun
            assert time.monotonic() < deadline, words
            await asyncio.sleep(0.1)

    async def other_presses(self, who: Account, chat: str, conversation: str, verb: str, data: dict[str, Any]) -> None:
        """Somebody else's press on a card of that conversation, brought to the bot by the Playground."""
        activity = {
            "type": "invoke",
            "name": "adaptiveCard/action",
            "id": f"{who.id}-{conversation}-{verb}",
            "channelId": "msteams",
            "serviceUrl": f"{self.url}/_connector",
            "from": {"id": who.id, "name": who.name, "aadObjectId": who.aad},
            "recipient": {"id": self.bot, "name": "Test Bot"},
            "conversation": {"id": conversation, "conversationType": KINDS[chat]},
            "channelData": {"tenant": {"id": self.tenant}},
            "value": {"action": {"type": "Action.Execute", "verb": verb, "data": data}},
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_internal/v1/customActivities", json=activity) as response,
        ):
            assert response.status < 300, await response.text()


@asynccontextmanager
async def playground(modules: Path, bot_url: str, folder: Path) -> AsyncIterator[Playground]:
    """Open at its page, before that bot."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = modules / "@microsoft" / "m365agentsplayground" / "cli.js"
    given = ["-e", bot_url, "-c", "msteams", "-p", str(port), "--disable-telemetry"]
    quiet = {**os.environ, "TEAMSAPPTESTER_BROWSER": "none"}
    with (folder / "playground.log").open("wb") as log:
        served = await asyncio.create_subprocess_exec(
            "node", str(program), *given, cwd=folder, env=quiet, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        config = (await _config(url))["config"]
        with (folder / "hands.log").open("wb") as log:
            hands = await asyncio.create_subprocess_exec(
                *("node", str(HANDS), str(modules), painter.chromium() or "chromium", url),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=1_000_000,
            )
        try:
            others = {user["name"]: _account(user) for user in config["users"]}
            opened = Playground(
                url, config["tenantId"], config["bot"]["id"], _account(config["currentUser"]), others, hands
            )
            await opened.does("open")
            yield opened
        finally:
            if hands.stdin is not None:
                hands.stdin.close()
            await _ended(hands)
    finally:
        served.terminate()
        await _ended(served)


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _config(url: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(f"{url}/_internal/v1/config") as response:
                    found: dict[str, Any] = await response.json()
                    return found
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.2)


def _account(user: dict[str, Any]) -> Account:
    return Account(user["id"], user["aadObjectId"], user["name"])
