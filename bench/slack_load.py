"""A busy workspace before `hilda serve`: fifty events a second for a minute while twenty investigations go on.

    python bench/slack_load.py [--seconds 60] [--rate 50] [--only echo|sqlite|postgres] [--seed 1]

Three runs, one after the other, each with a fake Slack that keeps Slack's rate limits and everything over real sockets:
a bare slack_bolt app that says back what it hears; Hilda on SQLite; two Hildas on PostgreSQL, of which one gets SIGKILL
half-way. Fake, sender, Hilda, cluster and database are processes of their own on this one machine.

Of fifty events (bench/chats/talk.py draws them) half are talk among people in channels that Hilda is in, which she has
to read and acknowledge and nothing more; 8 mention her (4 messages, since Slack brings each twice), 8 are written to
her directly, 4 go on in threads that she is part of, 2 are slash commands, 2 are edits, 2 are redeliveries. What is
asked there is small: a greeting, help, a list. Beside these, not counted in them: twenty people investigate an incident
on a practice cluster, each asking the next thing every five seconds, which makes 240 looks a minute; and what Slack
tells Hilda of each message of her own.

bench/chats/measuring.py says what each figure is. The last line is JSON.
"""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.chats.measuring import Seen, Told, figures
from bench.chats.runs import from_the_command_line, replicas_of, said_by, through
from bench.chats.talk import Load, talk
from bench.processes import running
from bench.replicas import on_the_ground
from bench.slack.mix import MIX, key
from bench.used import Used
from bot.doors.slack.conversations import DOOR
from practice.children import free_ports
from practice.ground import PracticeGround
from tests.fakes.slack.application import App


async def echo(load: Load) -> dict[str, float]:
    port, slack_port = free_ports(2)
    url = f"http://127.0.0.1:{port}/slack/events"
    async with _fake(load, slack_port, url) as (fake, api_url):
        async with running(["-m", "bench.slack.echo", str(port), api_url], {}) as process:
            assert process.stdout is not None
            await process.stdout.readline()
            used = Used(process)
            sent = await _send(load, [url])
            await asyncio.sleep(3)
            used.look()
        return figures("Slack", talk(load, MIX), MIX, sent, await _seen(load, fake), [used])


async def hilda(load: Load, ground: PracticeGround, folder: Path, database: str, *, replicas: int) -> dict[str, float]:
    slack_port, *ports = free_ports(1 + replicas)
    urls = [f"http://127.0.0.1:{port}/slack/events" for port in ports]
    app = App()
    async with _fake(load, slack_port, urls[-1]) as (fake, api_url):
        settings = {
            **on_the_ground(ground, folder, database),
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "HILDA_SLACK_API_URL": api_url,
        }
        async with replicas_of(settings, folder, ports) as used:
            sent = await through(load, used, settings, DOOR, lambda: _send(load, urls))
            seen = await _seen(load, fake)
    return figures("Slack", talk(load, MIX), MIX, sent, seen, used)


async def _send(load: Load, urls: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = await said_by(["-m", "bench.slack.sender", *load.words, *urls])
    return found


@asynccontextmanager
async def _fake(load: Load, port: int, request_url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    async with running(["-m", "bench.slack.workspace", *load.words, str(port), request_url], {}) as fake:
        assert fake.stdout is not None
        assert await fake.stdout.readline() == b"ready\n"
        yield fake, f"http://127.0.0.1:{port}/api/"


async def _seen(load: Load, fake: asyncio.subprocess.Process) -> Seen:
    fake.send_signal(signal.SIGTERM)
    said, _ = await fake.communicate()
    found: dict[str, Any] = json.loads(said)
    standing = Counter(found["left"])
    twice = sum(count - 1 for count in standing.values())
    unreplaced = sum(count for name, count in standing.items() if ":looking" in name and ":done" not in name)
    return Seen(list(_told(load, found["said"])), twice + unreplaced, sum(found["refused"].values()))


def _told(load: Load, said: list[tuple[float, str, str, str]]) -> Iterator[Told]:
    """Every message by the key that it carries."""
    names = {key(one.channel, one.ts): one.ts for one in talk(load, MIX)}
    for at, _, carried, _ in said:
        about, _, answer = carried.partition(":answer:")
        about = about.partition(":looking")[0].partition("#")[0]
        if about in names:
            yield Told(at, names[about], is_answer=bool(answer) or ":failed" in carried)


if __name__ == "__main__":
    from_the_command_line("A busy workspace before `hilda serve`.", "bare slack_bolt echo", echo, hilda)
