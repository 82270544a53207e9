"""A busy organisation on Teams before `hilda serve`: fifty events a second for a minute, twenty investigations beside.

    python bench/teams_load.py [--seconds 60] [--rate 50] [--only echo|sqlite|postgres] [--seed 1]

Three runs, one after the other, each with a fake Teams that keeps Teams' rates per conversation and everything over
real sockets: a bare botbuilder bot that says back what it hears; Hilda on SQLite; two Hildas on PostgreSQL, of which
one gets SIGKILL half-way. Fake, sender, Hilda, cluster and database are processes of their own on this one machine.
Hilda is as in production: she checks the token of every request against keys from Microsoft's hosts, which are found
here as behind a company's proxy, gets a token of her own there, and posts over TLS.

Of fifty events (bench/chats/talk.py draws them) half are talk among people in channels that Hilda is in, which she has
to read and acknowledge and nothing more; 4 mention her, 8 are written to her directly, 4 go on in threads that she is
part of, 2 are commands, 4 are buttons pressed, 2 are edits, 2 are redeliveries. What is asked there is small: a
greeting, help, a list. Beside these, not counted in them: twenty people investigate an incident on a practice cluster,
each asking the next thing every five seconds, which makes 240 looks a minute.

A post that is under way when its replica is killed may stand twice, since Teams lets nobody read back what was posted;
how many of a run do is among the duplicated.

bench/chats/measuring.py says what each figure is. The last line is JSON.
"""

import asyncio
import json
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench.chats.measuring import figures
from bench.chats.runs import from_the_command_line, replicas_of, said_by, through
from bench.chats.talk import Load, talk
from bench.processes import running
from bench.replicas import on_the_ground
from bench.teams.found import kept, of_hilda, of_the_echo
from bench.teams.microsoft import SECRET, Microsoft, microsoft
from bench.teams.mix import APP_ID, MIX, TENANT
from bench.teams.sender import activity
from bench.used import Used
from bot.doors.teams.door import PATH
from bot.doors.teams.places import DOOR
from practice.children import free_ports
from practice.ground import PracticeGround


async def echo(load: Load) -> dict[str, float]:
    port, service_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="hilda-bench-") as folder:
        async with microsoft(Path(folder)) as ids, _fake(load, service_port, ids) as (fake, service):
            async with running(["-m", "bench.teams.echo", str(port)], ids.environment) as process:
                assert process.stdout is not None
                await process.stdout.readline()
                used = Used(process)
                sent = await _send(load, ids, service, [port])
                await asyncio.sleep(3)
                used.look()
            said = talk(load, MIX)
            return figures("Teams", said, MIX, sent, of_the_echo(said, await _found(fake)), [used])


async def hilda(load: Load, ground: PracticeGround, folder: Path, database: str, *, replicas: int) -> dict[str, float]:
    service_port, *ports = free_ports(1 + replicas)
    async with microsoft(folder) as ids, _fake(load, service_port, ids) as (fake, service):
        settings = {
            **on_the_ground(ground, folder, database),
            **ids.environment,
            "TEAMS_APP_ID": APP_ID,
            "TEAMS_APP_PASSWORD": SECRET,
            "TEAMS_TENANT_ID": TENANT,
            "HILDA_TEAMS_SERVICE_HOSTS": json.dumps(["127.0.0.1"]),
        }
        async with replicas_of(settings, folder, ports) as used:
            await _nobody_gets_in_without_a_token(load, service, ports)
            sent = await through(load, used, settings, DOOR, lambda: _send(load, ids, service, ports))
            found = await _found(fake)
    said = talk(load, MIX)
    return figures("Teams", said, MIX, sent, of_hilda(said, await kept(settings), found), used)


async def _send(load: Load, ids: Microsoft, service: str, ports: Sequence[int]) -> dict[str, Any]:
    urls = [f"http://127.0.0.1:{port}{PATH}" for port in ports]
    command = ["-m", "bench.teams.sender", *load.words, service, *urls]
    found: dict[str, Any] = await said_by(command, {"TOKEN_OF_TEAMS": ids.token(service)})
    return found


async def _nobody_gets_in_without_a_token(load: Load, service: str, ports: Sequence[int]) -> None:
    asked = activity(talk(load, MIX)[0], service)
    async with aiohttp.ClientSession() as session:
        for port in ports:
            async with session.post(f"http://127.0.0.1:{port}{PATH}", json=asked) as response:
                assert response.status == 401, f"{response.status} without a token"


@asynccontextmanager
async def _fake(load: Load, port: int, ids: Microsoft) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The process, and the URL of its service."""
    command = ["-m", "bench.teams.service", *load.words, str(port), str(ids.certificate)]
    async with running(command, {}) as fake:
        assert fake.stdout is not None
        assert await fake.stdout.readline() == b"ready\n"
        yield fake, f"https://127.0.0.1:{port}/"


async def _found(fake: asyncio.subprocess.Process) -> Mapping[str, Any]:
    fake.send_signal(signal.SIGTERM)
    said, _ = await fake.communicate()
    found: dict[str, Any] = json.loads(said)
    return found


if __name__ == "__main__":
    from_the_command_line("A busy organisation on Teams before `hilda serve`.", "bare botbuilder echo", echo, hilda)
