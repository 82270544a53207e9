"""The fake Slack as a process of its own, with everybody and everything of the talk in it.

    python -m bench.slack.workspace SEED SINCE SECONDS RATE PORT REQUEST_URL

Says `ready` when it listens; on SIGTERM it prints what it saw as one line of JSON: every message of the app as it was
at first and at last, and which calls it refused.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from typing import Any

from bench.chats.talk import Load, channels, direct, people, talk
from bench.slack.mix import BOT_USER, MIX
from tests.fakes.slack.server import FakeSlack, fake_slack
from tests.fakes.slack.workspace import Channel, Message, User


async def main(load: Load, port: int, request_url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with fake_slack(port=port) as slack:
        slack.app.request_url = request_url
        _fill(slack, load)
        print("ready", flush=True)
        await stop.wait()
        print(json.dumps(_seen(slack)), flush=True)


def _fill(slack: FakeSlack, load: Load) -> None:
    workspace, everybody = slack.workspace, people(load.seed)
    for id_, name in everybody.items():
        workspace.users[id_] = User(id_, name, workspace.team_id, name.title())
        workspace.channels[direct(id_)] = Channel(direct(id_), "", {id_, BOT_USER}, direct=True)
    for id_ in channels():
        workspace.channels[id_] = Channel(id_, id_.lower(), {*everybody, BOT_USER})
    for said in talk(load, MIX):
        if said.kind not in {"command", "again"}:
            text = f"<@{BOT_USER}> {said.text}" if said.mentions else said.text
            message = Message(said.channel, said.ts, said.user, text=text, thread_ts=said.thread)
            workspace.channels[said.channel].messages.append(message)


def _seen(slack: FakeSlack) -> dict[str, Any]:
    """`said`: when and under which key something was posted or updated; `left`: the keys that stand there at last."""
    writing = ("chat.postMessage", "chat.update", "chat.postEphemeral")
    said = [
        [log.at, log.method, _key(log.args.get("metadata")), log.args.get("channel", "")]
        for log in slack.api.calls
        if log.method in writing and log.answer["ok"]
    ]
    left = [
        _key(message.metadata)
        for channel in slack.workspace.channels.values()
        for message in channel.messages
        if message.bot_id == slack.app.bot_id
    ]
    refused = Counter(f"{log.method}: {log.answer['error']}" for log in slack.api.calls if not log.answer["ok"])
    return {"said": said, "left": left, "refused": dict(refused)}


def _key(metadata: Any) -> str:
    """What a message says it is; slack_sdk sends it as JSON in a form, others as it is."""
    found = json.loads(metadata) if isinstance(metadata, str) else metadata
    payload = (found or {}).get("event_payload") or {}
    return f"{payload.get('key', '')}#{payload.get('part', 0)}" if payload else ""


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(Load.parse(given), int(given[4]), given[5]))
