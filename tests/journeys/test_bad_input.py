"""What people paste, misspell and mean otherwise: an answer each time, and nothing is lost."""

import asyncio
from pathlib import Path

import pytest

from graphs.understanding import Names
from tests.conftest import OpenGround
from tests.journeys.office import open_office

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


async def test_every_kind_of_odd_message_gets_an_answer(practice_ground: OpenGround, tmp_path: Path) -> None:
    """A megabyte, emoji, bidi text, control characters, nonsense, typos: one conversation takes them all."""
    ground = await practice_ground("bad-image", 41, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        namespace = ground.namespace
        service = next(name for place, name in (await office.app.desk.names()).workloads if place == namespace)

        assert "practice" in await office.says("x" * 1_000_000)
        assert "outside my duty" in await office.says("🦄🌈 tell me a joke")
        assert "\u202e" not in await office.says("what is wrong \u202egnihtemos in \x1b[31mshop?")
        assert f"`{namespace}`" in await office.says(f"list pods in {namespace}x")
        assert f"`{service}`" in await office.says(f"status of {service}x")
        assert "No Prometheus is set" in await office.says("CPU of all services in the last hour")
        assert "deployments" in await office.says(f"list deployments in {namespace}")
        assert "What I can see here" in await office.says("what can you see here?")
        assert "Hilda" in await office.says("hello")
        assert "nothing to undo" in (await office.says("undo that")).lower()
        row = f"{service}-5d9c7b6f4-x2x7q 0/1 ImagePullBackOff 0 3m"
        pasted = f"NAME READY STATUS RESTARTS AGE\n{row}\nnamespace: {namespace}\n"
        assert "Cause" in await office.says(pasted) or "Nothing wrong" in office.last.title


async def test_a_conversation_goes_on_where_an_earlier_one_broke_off(
    practice_ground: OpenGround, tmp_path: Path
) -> None:
    """Follow-ups mean what was talked about, also after the terminal was closed and opened again."""
    ground = await practice_ground("bad-image", 42, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        await office.says("what is wrong?")
        await office.says("checklist")
        conversation = office.conversation
    async with open_office(ground, tmp_path, executor=False, conversation=conversation) as office:
        commands = await office.says("next")

    assert "--context" in commands
    assert "Dry run" in commands


async def test_the_log_from_before_the_crash_is_one_question_away(practice_ground: OpenGround, tmp_path: Path) -> None:
    """A crash loop's own last words, with the line that shows them by hand."""
    ground = await practice_ground("config-key", 43, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        await office.says("what is wrong?")
        workload = office.last.title.split()[0]
        logs = await office.says(f"previous logs of {workload}")

    assert f"The previous logs of {workload}" in logs
    assert "--previous" in logs


async def test_stopping_the_work_does_not_end_the_conversation(practice_ground: OpenGround, tmp_path: Path) -> None:
    """The turn under way ends with a word; the next question is answered."""
    ground = await practice_ground("bad-image", 44, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        office.app.desk.names, names = _never, office.app.desk.names  # type: ignore[method-assign]
        looking = asyncio.create_task(office.says("what is wrong?"))
        await asyncio.sleep(1)
        await office.line.cancel()
        stopped = await looking
        office.app.desk.names = names  # type: ignore[method-assign]
        after = await office.says("what is wrong?")

    assert "Stopped" in stopped
    assert "cannot pull" in after


async def _never() -> Names:
    """A cluster that does not answer."""
    await asyncio.sleep(3600)
    return Names()
