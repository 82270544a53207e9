"""Sends the talk as Slack would: signed, over HTTP, again where it was not taken.

    python -m bench.slack.sender SEED SINCE SECONDS RATE URL [URL...]

What was not acknowledged within three seconds, or broke, is tried again as Slack does it. Prints one line of JSON: the
moment at which it began, and for every event how late it was acknowledged.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from bench.chats.sending import Patience, Request, send
from bench.chats.talk import Load, Said, talk
from bench.slack.mix import APP, BOT_USER, MIX, TEAM
from tests.fakes.slack.application import App
from tests.fakes.slack.signing import headers

PATIENCE = Patience(3.0, (0.5, 60.0, 300.0))
"""As Slack's Events API has it: again at once (which takes a moment), after a minute, after five."""
SECRET = App().signing_secret
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


async def main(load: Load, urls: list[str]) -> None:
    print(json.dumps(await send(talk(load, MIX), requests, urls, PATIENCE)), flush=True)


def requests(said: Said) -> Iterator[Request]:
    """Those that bring it; a mention in a channel comes twice."""
    if said.kind == "command":
        yield _request(urlencode(_command(said)).encode(), _FORM)
        return
    if said.mentions:
        yield _request(_event(said, {**_message(said), "type": "app_mention"}, "M"), _JSON)
    yield _request(_event(said, _changed(said) if said.kind == "change" else _message(said), "E"), _JSON)


def _request(body: bytes, kind: str) -> Request:
    def head(tried: int) -> Mapping[str, str]:
        again = {"X-Slack-Retry-Num": str(tried), "X-Slack-Retry-Reason": "http_timeout"} if tried else {}
        return {**headers(SECRET, body, content_type=kind), **again}

    return Request(body, head, is_repeated=kind == _JSON)


def _message(said: Said) -> dict[str, Any]:
    elements: list[dict[str, Any]] = [{"type": "text", "text": said.text}]
    if said.mentions:
        elements = [{"type": "user", "user_id": BOT_USER}, {"type": "text", "text": f" {said.text}"}]
    section = {"type": "rich_text_section", "elements": elements}
    return {
        "type": "message",
        "user": said.user,
        "text": f"<@{BOT_USER}> {said.text}" if said.mentions else said.text,
        "ts": said.ts,
        "event_ts": said.ts,
        "team": TEAM,
        "channel": said.channel,
        "channel_type": "im" if said.direct else "channel",
        "client_msg_id": f"msg-{said.ts}",
        "blocks": [{"type": "rich_text", "block_id": "b", "elements": [section]}],
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
    asyncio.run(main(Load.parse(sys.argv[1:5]), sys.argv[5:]))
