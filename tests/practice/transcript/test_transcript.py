"""One transcript, two servers: kubectl gets the same answers from the real control plane and from the small one."""

import asyncio
from typing import TypeGuard

import pytest

from practice import planes, programs
from tests.needs import needs
from tests.practice.transcript.playing import Command, Exchange, Stage, commands, play

SCRIPT = commands()
_LINES = [
    pytest.param(each, marks=pytest.mark.slow if each.at_length else (), id=f"{each.number}: {each.text}")
    for each in SCRIPT
]


@pytest.fixture(scope="module")
def exchanges(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Exchange]:
    """The transcript, played: what was said to each line on both; at length if anything of that is asked for."""
    needs("kubectl", *programs.CONTROL_PLANE)
    asked = {item.callspec.params["command"] for item in request.session.items if _is_line(item)}
    at_length = any(each.at_length for each in asked)
    script = [each for each in SCRIPT if at_length or not each.at_length]
    return {each.command.number: each for each in asyncio.run(_play(script, tmp_path_factory))}


@pytest.mark.cluster
@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", _LINES)
def test_both_control_planes_say_the_same(exchanges: dict[int, Exchange], command: Command) -> None:
    """Output, complaints and exit code of one line, without times, uids, versions and drawn names."""
    exchange = exchanges[command.number]

    assert exchange.shown(exchange.small) == exchange.shown(exchange.real)


def _is_line(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function) and item.function is test_both_control_planes_say_the_same


async def _play(script: list[Command], folders: pytest.TempPathFactory) -> list[Exchange]:
    # One node each: where pods land is no difference then.
    real, small = await asyncio.gather(
        planes.start("real", folders.mktemp("real"), nodes=1), planes.start("small", folders.mktemp("small"), nodes=1)
    )
    try:
        stages = Stage(real, folders.mktemp("at-real")), Stage(small, folders.mktemp("at-small"))
        return await play(script, *stages)
    finally:
        await asyncio.gather(real.stop(), small.stop())
