"""Sends the talk as Teams would: with its token, over HTTP, again where it was not taken.

    TOKEN_OF_TEAMS=... python -m bench.teams.sender SEED SINCE SECONDS RATE SERVICE_URL URL [URL...]

What was not acknowledged within fifteen seconds, or broke, is tried once more, as Teams does it. Prints one line of
JSON: the moment at which it began, and for every activity how late it was acknowledged.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bench.chats.sending import Patience, Request, send
from bench.chats.talk import Load, Said, talk
from bench.teams.mix import APP_ID, MIX, TENANT, account, conversation, id_of
from bot.doors.teams.render.values import execute
from domain.cards import Choice

PATIENCE = Patience(15.0, (1.0,))
"""https://github.com/MicrosoftDocs/msteams-docs/issues/6084 and /1571: how soon it tries again is not said anywhere."""


async def main(load: Load, service: str, urls: list[str], token: str) -> None:
    def requests(said: Said) -> Iterator[Request]:
        head = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = json.dumps(activity(said, service)).encode()
        yield Request(body, lambda _tried: head, is_repeated=said.kind != "press")

    print(json.dumps(await send(talk(load, MIX), requests, urls, PATIENCE)), flush=True)


def activity(said: Said, service: str) -> dict[str, Any]:
    """As Teams brings it to our URL."""
    bot = {"id": f"28:{APP_ID}", "name": "Hilda"}
    return {
        "id": id_of(said.ts),
        "timestamp": datetime.fromtimestamp(float(said.ts), UTC).isoformat().replace("+00:00", "Z"),
        "channelId": "msteams",
        "serviceUrl": service,
        "from": account(said.user),
        "recipient": bot,
        "conversation": {
            "id": conversation(said),
            "conversationType": "personal" if said.direct else "channel",
            "tenantId": TENANT,
        },
        "channelData": {"tenant": {"id": TENANT}, **({"eventType": "editMessage"} if said.kind == "change" else {})},
        "entities": [{"type": "clientInfo", "locale": "en-US", "timezone": "Europe/Berlin"}],
        **_content(said),
    } | _mention(said, bot)


def _content(said: Said) -> dict[str, Any]:
    if said.kind != "press":
        kind = "messageUpdate" if said.kind == "change" else "message"
        return {"type": kind, "text": said.text, "textFormat": "plain"}
    button = execute(said.text, Choice(said.text, "ask", said.text))
    return {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "replyToId": id_of(said.ts),
        "value": {"action": {name: button[name] for name in ("type", "verb", "data")}, "trigger": "manual"},
    }


def _mention(said: Said, bot: dict[str, str]) -> dict[str, Any]:
    """Commands, too, are said to her by name."""
    if not (said.mentions or said.kind == "command"):
        return {}
    named = {"type": "mention", "mentioned": bot, "text": "<at>Hilda</at>"}
    return {"text": f"<at>Hilda</at> {said.text}", "textFormat": "plain", "entities": [named]}


if __name__ == "__main__":
    asyncio.run(main(Load.parse(sys.argv[1:5]), sys.argv[5], sys.argv[6:], os.environ["TOKEN_OF_TEAMS"]))
