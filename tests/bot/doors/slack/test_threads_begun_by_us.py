"""A thread that has its name before Slack has seen it: what is said there, heard there and pressed there is one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import outbox
from domain.cards import Choice, Choices, Text, card
from domain.conversations import below
from domain.messages import ButtonPressed, Message
from tests.bot.doors.slack.made_up import LABEL, Office, open_office, reply
from tests.fakes.slack.bolt_app import TRANSPORTS
from tests.fakes.slack.driver import Place

KEY = "incident-i0123456789"


@pytest.fixture(params=TRANSPORTS)
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, request.param) as opened:
        yield opened


def thread(place: Place) -> str:
    return below(f"slack:T0HOME:{place.id}", KEY)


async def announce(office: Office, where: str) -> None:
    """The head, and its details below it, before Slack has taken either."""
    ack = Choices((Choice("Acknowledge", "ask", "acknowledge"),))
    await outbox.put(office.store, where, reply(KEY, card("checkout is down", ack, cluster=LABEL)))
    await outbox.put(office.store, where, reply("details", card("What I found", Text("a bad image"), cluster=LABEL)))


async def test_what_is_said_below_a_post_stands_in_its_thread(office: Office) -> None:
    """The first post stands in the channel, everything else below it, and an update in the place of what it updates."""
    alice = office.slack.user("alice")
    ops = office.slack.channel("ops", alice)

    await announce(office, thread(ops))
    await outbox.put(office.store, thread(ops), reply(f"{KEY}:2", card("checkout is back", cluster=LABEL), KEY))
    await outbox.put(office.store, thread(ops), reply("news", card("Resolved after 12 min", cluster=LABEL)))
    await office.settled()

    (head,) = [seen for seen in ops.messages() if not seen.thread_ts or seen.thread_ts == seen.ts]
    assert "checkout is back" in head.words
    told = [seen.words for seen in ops.thread(head)[1:]]
    assert ["What I found" in told[0], "Resolved after 12 min" in told[1]] == [True, True]


async def test_who_answers_in_the_thread_or_presses_there_is_in_the_same_conversation(office: Office) -> None:
    """Nobody has to mention anybody below something that was said unasked."""
    alice = office.slack.user("alice")
    ops = office.slack.channel("ops", alice)
    await announce(office, thread(ops))
    head = await ops.sees("checkout is down")
    await ops.sees("What I found")

    await alice.says(ops, "since when?", thread=head)
    await office.settled()
    await alice.presses(ops.again(head), "Acknowledge")
    await office.settled()

    said, pressed = office.answers.heard
    assert isinstance(said, Message)
    assert isinstance(pressed, ButtonPressed)
    assert (said.text, pressed.subject) == ("since when?", "acknowledge")
    assert {said.conversation, pressed.conversation} == {thread(ops)}
    assert any("You said: since when?" in seen.words for seen in ops.thread(head))


async def test_the_same_holds_in_a_direct_conversation(office: Office) -> None:
    """Somebody is told by id, before their direct conversation with Hilda is known."""
    alice = office.slack.user("alice")
    where = below(f"slack:T0HOME:{alice.id}", KEY)

    await announce(office, where)
    await office.settled()
    direct = office.slack.direct(alice)
    head = await direct.sees("checkout is down")
    await alice.says(direct, "since when?", thread=head)
    await office.settled()

    (said,) = office.answers.heard
    assert said.conversation == where
    assert "What I found" in direct.thread(head)[1].words


async def test_what_happened_while_slack_was_away_is_said_in_order_once(office: Office) -> None:
    """The message as it ended, and below it everything, though nobody could be told meanwhile."""
    alice = office.slack.user("alice")
    ops = office.slack.channel("ops", alice)
    office.slack.api.down = True
    await announce(office, thread(ops))
    await outbox.put(office.store, thread(ops), reply(f"{KEY}:2", card("checkout is back", cluster=LABEL), KEY))
    await outbox.put(office.store, thread(ops), reply("news", card("Resolved after 12 min", cluster=LABEL)))
    await asyncio.sleep(0.3)
    assert ops.messages() == []

    office.slack.api.down = False
    await office.settled()

    (head,) = [seen for seen in ops.messages() if not seen.thread_ts or seen.thread_ts == seen.ts]
    assert "checkout is back" in head.words
    assert [
        w for seen in ops.thread(head)[1:] for w in ("What I found", "Resolved after 12 min") if w in seen.words
    ] == [
        "What I found",
        "Resolved after 12 min",
    ]


async def test_what_would_stand_below_a_post_that_cannot_be_is_given_up(office: Office) -> None:
    """In a channel that is gone nothing is said beside its thread."""
    await announce(office, below("slack:T0HOME:C0NOWHERE", KEY))

    await office.settled()

    assert await office.store.outbox.post_of(KEY) == ""
    assert len(office.slack.api.refused("chat.postMessage")) == 1
