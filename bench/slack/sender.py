"""Sends the talk as Slack would, at its moments and whatever becomes of it: signed, over HTTP, again where not taken.

    python -m bench.slack.sender SEED SINCE SECONDS RATE URL [URL...]

Several URLs are the replicas behind a balancer: each request goes to the next one, and to another one where nobody
listens. What was not acknowledged within three seconds, or broke, is tried again as Slack does it. Prints one
line of JSON: the moment at which it began, and for every event how late it was acknowledged.
"""

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bench.slack.talk import APP, BOT_USER, TEAM, Said, talk
from tests.fakes.slack.application import App
from tests.fakes.slack.signing import headers

AGAIN_AFTER = (0.5, 60.0, 300.0)
"""Seconds from one try to the next, as Slack's Events API has it: at once (which takes a moment), a minute, five."""
ACK_SECONDS = 3.0
SECRET = App().signing_secret
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


class Sender:
    def __init__(self, session: aiohttp.ClientSession, urls: list[str]) -> None:
        self._session = session
        self._urls = urls
        self._turns = itertools.count()

    async def deliver(self, body: bytes, kind: str) -> int:
        """Tries that it took, 0 when nobody acknowledged it."""
        for tried, pause in enumerate((0.0, *AGAIN_AFTER)):
            await asyncio.sleep(pause)
            again = {"X-Slack-Retry-Num": str(tried), "X-Slack-Retry-Reason": "http_timeout"} if tried else {}
            if await self._balanced(body, {**headers(SECRET, body, content_type=kind), **again}):
                return tried + 1
        return 0

    async def _balanced(self, body: bytes, head: dict[str, str]) -> bool:
        """Whether a replica took it; one that is not there at all is passed over, as a balancer does."""
        turn = next(self._turns)
        for number in range(len(self._urls)):
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await self._post(self._urls[(turn + number) % len(self._urls)], body, head)
        return False

    async def _post(self, url: str, body: bytes, head: dict[str, str]) -> bool:
        try:
            async with asyncio.timeout(ACK_SECONDS), self._session.post(url, data=body, headers=head) as response:
                await response.read()
                return response.status < 300
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False


async def main(seed: int, since: int, seconds: float, rate: float, urls: list[str]) -> None:
    begun = time.time() + 1.0
    acks: list[dict[str, Any]] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        sender = Sender(session, urls)
        before: tuple[bytes, str] | None = None
        for said in talk(seed, since, seconds, rate):
            await asyncio.sleep(max(0.0, begun + said.at - time.time()))
            for body, kind in [before] if said.kind == "again" and before else bodies(said):
                group.create_task(_timed(sender, said, begun + said.at, body, kind, acks))
                before = (body, kind) if kind == _JSON else before
    print(json.dumps({"begun": begun, "acks": acks}), flush=True)


async def _timed(sender: Sender, said: Said, due: float, body: bytes, kind: str, acks: list[dict[str, Any]]) -> None:
    tries = await sender.deliver(body, kind)
    acks.append({"kind": said.kind, "due": due, "seconds": time.time() - due, "tries": tries})


def bodies(said: Said) -> Iterator[tuple[bytes, str]]:
    """The requests that bring it; a mention in a channel comes twice."""
    if said.kind == "command":
        yield urlencode(_command(said)).encode(), _FORM
        return
    if said.mentions:
        yield _event(said, {**_message(said), "type": "app_mention"}, "M"), _JSON
    yield _event(said, _changed(said) if said.kind == "change" else _message(said), "E"), _JSON


def _message(said: Said) -> dict[str, Any]:
    block = {"type": "rich_text_section", "elements": [{"type": "text", "text": said.text}]}
    if said.mentions:
        words = said.text.removeprefix(f"<@{BOT_USER}>")
        block["elements"] = [{"type": "user", "user_id": BOT_USER}, {"type": "text", "text": words}]
    return {
        "type": "message",
        "user": said.user,
        "text": said.text,
        "ts": said.ts,
        "event_ts": said.ts,
        "team": TEAM,
        "channel": said.channel,
        "channel_type": "im" if said.direct else "channel",
        "client_msg_id": f"msg-{said.ts}",
        "blocks": [{"type": "rich_text", "block_id": "b", "elements": [block]}],
        **({"thread_ts": said.thread, "parent_user_id": said.user} if said.thread else {}),
    }


def _changed(said: Said) -> dict[str, Any]:
    """Somebody mends a slip in something that was not said to Hilda."""
    message = {**_message(said), "edited": {"user": said.user, "ts": said.ts}}
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": said.channel,
        "channel_type": "channel",
        "ts": said.ts,
        "event_ts": said.ts,
        "message": message,
        "previous_message": {**message, "text": f"{said.text}?", "edited": None},
    }


def _event(said: Said, event: dict[str, Any], letter: str) -> bytes:
    envelope = {
        "token": "verification-token",
        "team_id": TEAM,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{letter}{said.channel}{said.ts}",
        "event_time": int(float(said.ts)),
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        "is_ext_shared_channel": False,
    }
    return json.dumps(envelope).encode()


def _command(said: Said) -> dict[str, str]:
    return {
        "token": "verification-token",
        "team_id": TEAM,
        "team_domain": "home",
        "channel_id": said.channel,
        "channel_name": said.channel.lower(),
        "user_id": said.user,
        "user_name": said.user.lower(),
        "command": "/hilda",
        "text": said.text,
        "api_app_id": APP,
        "response_url": "http://127.0.0.1:9/response",
        "trigger_id": f"trigger-{said.ts}",
    }


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(int(given[0]), int(given[1]), float(given[2]), float(given[3]), given[4:]))
