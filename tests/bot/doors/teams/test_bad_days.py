"""Teams away, a card it does not take, a team that is gone, a secret that ran out: nothing lost, nothing said twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.doors.delivery import HALTED_SECONDS
from bot.doors.teams.places import Place
from domain.cards import Choice, Choices, Code, card
from domain.messages import Incoming, Reply
from domain.people import Person
from tests.bot.doors.teams.made_up import GROUP, Office, open_office
from tests.fakes.teams.service import RefusedByTeams


@dataclass
class Watch:
    """A clock that is moved by hand."""

    time: float = 1000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as found:
        yield found


async def test_teams_down_for_ten_minutes_is_said_later_in_order_once(office: Office) -> None:
    """Few tries meanwhile, and the door says what is the matter."""
    alice, bob, watch = office.teams.person("alice"), office.teams.person("bob"), Watch()
    office.door.delivery.clock = watch.now
    office.teams.down = 10_000

    for text in ("first", "second", "third"):
        await alice.says(alice.own_chat, text)
    await bob.says(bob.own_chat, "fourth")
    async with asyncio.timeout(10):
        while not await office.door.trouble():
            await asyncio.sleep(0.02)
    for _ in range(4):
        before = office.teams.down
        watch.time += 150
        await asyncio.sleep(0.7)
        assert before - office.teams.down <= 3
    office.teams.down = 0
    watch.time += 10
    await office.settled()

    assert _said(office, alice.own_chat) == ["first", "second", "third"]
    assert _said(office, bob.own_chat) == ["fourth"]
    assert await office.door.trouble() == ""


async def test_a_card_that_teams_does_not_take_is_said_as_text_without_buttons(office: Office) -> None:
    """Said poorly rather than not at all; what cannot be shown whole cannot be approved."""

    async def proposes(incoming: Incoming) -> AsyncIterator[Reply]:
        shown = card("Approve?", Code("kubectl get pods"), Choices((Choice("Approve", "approve", "p1", "abc"),)))
        yield Reply(shown, key=f"{incoming.id}:answer:0")

    office.on_reply(proposes)
    office.teams.refuses = lambda activity: bool(activity.get("attachments"))
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "fix it")
    await office.settled()

    (shown,) = office.teams.in_thread(alice.own_chat)
    assert "kubectl get pods" in shown.activity["text"]
    assert not list(shown.buttons())


async def test_who_asked_in_a_team_that_is_gone_hears_so_in_their_own_chat_once(office: Office) -> None:
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    for one in (alice, bob):
        await one.says(one.own_chat, "hello")
    await office.settled()
    office.teams.refusals[GROUP] = RefusedByTeams(403, "BotNotInConversationRoster")

    asked = Place.of("tenant", GROUP).conversation
    await office.store.conversations.heard(asked, Person("teams", "tenant", alice.id), "what is wrong?", "1")
    await alice.says(GROUP, "what is wrong?", mention=True)
    await alice.says(GROUP, "and now?", mention=True)
    await office.settled()

    told = [shown.text for shown in office.teams.in_thread(alice.own_chat) if "I cannot answer there" in shown.text]
    assert len(told) == 1
    assert "Add me again there" in told[0]
    assert len(office.teams.in_thread(bob.own_chat)) == 1


async def test_a_secret_that_ran_out_stops_the_posts_until_a_person_renews_it(office: Office) -> None:
    """What there is to say waits, the door says why, and it is said once afterwards."""
    alice, watch = office.teams.person("alice"), Watch()
    office.door.delivery.clock = watch.now
    office.teams.expects = "another token"
    await alice.says(alice.own_chat, "anybody there?")
    async with asyncio.timeout(10):
        while not await office.door.trouble():
            await asyncio.sleep(0.02)

    assert _said(office, alice.own_chat) == []
    office.teams.expects = ""
    watch.time += HALTED_SECONDS + 1
    await office.settled()
    assert _said(office, alice.own_chat) == ["anybody there?"]


@pytest.mark.parametrize(
    "odd",
    [
        {"timestamp": "yesterday"},
        {"timestamp": 7},
        {"entities": [{"type": "clientInfo", "timezone": "Middle/Earth"}, 3, None]},
        {"localTimezone": ["a"]},
        {"text": 5},
        {"text": "x" * 100_000},
        {"replyToId": {"a": 1}},
        {"attachments": "none"},
    ],
)
async def test_odd_values_where_teams_sends_others_break_nothing(office: Office, odd: dict[str, Any]) -> None:
    alice = office.teams.person("alice")
    status, _ = await office.teams.deliver({**alice.activity("message", alice.own_chat, text="hello"), **odd})

    assert status in {202, 400}
    await alice.says(alice.own_chat, "still there?")
    await office.teams.sees(alice.own_chat, "You said: still there?")


def _said(office: Office, chat: str) -> list[str]:
    lines = [line for shown in office.teams.in_thread(chat) for line in shown.text.split("\n")]
    return [line.removeprefix("You said: ") for line in lines if line.startswith("You said: ")]
