"""What people press while something is under way: Stop below what is being looked at, and boxes of a checklist."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot import outbox
from bot.dispatcher import Dispatcher
from bot.doors.teams.places import Place
from domain.cards import Checklist, ChecklistItem, Choice, Choices, Progress, Text, card
from domain.conversations import below
from domain.messages import ButtonPressed, Incoming, Reply
from tests.bot.doors.slack.made_up import CLUSTER
from tests.bot.doors.teams.made_up import CHANNEL, Office, open_office
from tests.fakes.teams.service import Shown

NAMES = ("Page the owner", "Look at the release", "Raise the pool")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


def verbs(shown: Shown) -> list[str]:
    return [button["verb"] for button in shown.buttons()]


def boxes(shown: Shown) -> list[str]:
    """The tasks that can still be ticked."""
    return [
        choice["title"].partition(" ")[2] for element in shown.card["body"] for choice in element.get("choices", ())
    ]


async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
    yield Reply(card("Looking", Progress((("412 pods read", "running"),))), key=f"{incoming.id}:looking")
    await asyncio.sleep(30)


async def test_what_is_under_way_has_a_button_that_ends_it(office: Office) -> None:
    """Gone with what it stops."""
    office.on_reply(slow)
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    thread = (await alice.says(CHANNEL, "what is wrong?", mention=True))["conversation"]["id"]
    looking = await office.teams.sees(thread, "412 pods read")
    assert verbs(looking) == ["stop"]

    said = await bob.presses(looking, "stop")

    assert said["value"] == "Stopped."
    over = await office.teams.sees(thread, "I stopped looking")
    assert (over.id, verbs(over)) == (looking.id, [])


async def test_who_may_nothing_stops_nothing(tmp_path: Path) -> None:
    async with open_office(tmp_path, teams_development=True, unknown_people="nobody") as office:
        office.on_reply(slow)
        alice, eve = office.teams.person("alice"), office.teams.person("eve")
        thread = (await alice.says(CHANNEL, "what is wrong?", mention=True))["conversation"]["id"]
        looking = await office.teams.sees(thread, "412 pods read")

        said = await eve.presses(looking, "stop")
        await asyncio.sleep(0.5)

        assert said["value"] != "Stopped."
        assert verbs(looking) == ["stop"]


async def test_what_has_ended_or_runs_as_a_script_has_no_such_button(office: Office) -> None:
    alice = office.teams.person("alice")
    asked = await alice.says(CHANNEL, "hello", mention=True)
    thread = asked["conversation"]["id"]
    await office.settled()
    for key, state in (("looked", "done"), ("running:p1", "running")):
        told = card(f"Said as {key}", Progress((("a step", cast("Any", state)),)))
        await outbox.put(office.store, Place.of("tenant", thread).conversation, Reply(told, key=key))
        office.door.delivery.wake()
        assert verbs(await office.teams.sees(thread, f"Said as {key}")) == []


@pytest.mark.parametrize("unasked", [False, True])
async def test_a_task_that_one_ticks_is_ticked_for_everybody(office: Office, unasked: bool) -> None:
    """Teams shows what somebody filled in only to them; two people who tick at once lose none."""
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    incident = await office.store.incidents.open_or_join(f"pool|{CLUSTER}|shop|Deployment|api", "Pool", CLUSTER, "c")
    tasks = Checklist(tuple(ChecklistItem(f"t{number}", name) for number, name in enumerate(NAMES)))
    ticks = Choices(tuple(Choice(f"Tick: {item.text}", "tick", f"{incident.id}/{item.id}") for item in tasks.items))
    dispatcher = Dispatcher(cast("Any", office.door.desk), *[cast("Any", None)] * 3)
    told = card("How to mend it", tasks, ticks, Text("said"))

    async def answer(incoming: Incoming) -> AsyncIterator[Reply]:
        if isinstance(incoming, ButtonPressed):
            async for reply in dispatcher.handle(incoming):
                yield reply
        elif not unasked:
            yield Reply(told, key=incoming.id)

    office.on_reply(answer)
    thread = (await alice.says(CHANNEL, "checklist", mention=True))["conversation"]["id"]
    await office.settled()
    if unasked:
        conversation = below(Place("tenant", CHANNEL).conversation.rstrip(":"), "incident-i1")
        await outbox.put(office.store, conversation, Reply(told, key="incident-i1"))
        office.door.delivery.wake()
        await office.settled()
        found = [shown for said in office.teams.messages.values() for shown in said if "How to mend it" in shown.text]
        (shown,) = found
    else:
        shown = await office.teams.sees(thread, "How to mend it")
    assert boxes(shown) == list(NAMES)
    (name,) = [element["id"] for element in shown.card["body"] if element.get("choices")]

    await asyncio.gather(
        alice.presses(shown, "tick", **{name: f"{incident.id}/t0"}),
        bob.presses(shown, "tick", **{name: f"{incident.id}/t2"}),
    )

    async with asyncio.timeout(10):
        while boxes(shown) != ["Look at the release"]:
            await asyncio.sleep(0.02)
    assert "☑" in shown.text
    assert shown.edits > 0


@pytest.mark.parametrize("message", ["", "1\x00"])
async def test_ticks_on_an_odd_message_tick_nothing_elsewhere(office: Office, message: str) -> None:
    """Nothing is looked up for it, and the tick itself is heard."""
    alice = office.teams.person("alice")
    action = {"verb": "tick", "data": {"hilda": "1", "subject": "i1/t1"}}

    answer = await alice.invokes(alice.own_chat, action, message)

    assert answer["statusCode"] == 200
    assert not office.door._ticking.beside._tasks
    await office.settled()
    assert isinstance(office.answers.heard[-1], ButtonPressed)
