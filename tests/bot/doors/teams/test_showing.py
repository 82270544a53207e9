"""The messages of one reply in Teams: all of them once, in one place, and the last word always."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from bot import outbox
from bot.doors.failures import Away, Busy
from bot.doors.teams.places import Place
from bot.doors.teams.posting import Posting
from domain.cards import Card, Progress, Text, card
from domain.conversations import below
from tests.bot.doors.slack.made_up import reply
from tests.bot.doors.teams.made_up import CHANNEL, Office, open_office

LONG = card("A long report", *(Text(f"chapter {number} " + "word " * 1_500) for number in range(7)))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


async def said(office: Office, conversation: str, key: str, shown: Card, replaces: str = "") -> None:
    await outbox.put(office.store, conversation, reply(key, shown, replaces))
    office.door.delivery.wake()
    await office.said()


async def own_chat(office: Office) -> str:
    """A conversation in Alice's own chat, of which Hilda has heard."""
    alice = office.teams.person("alice")
    await office.teams.deliver(alice.activity("typing", alice.own_chat))
    return Place("tenant", alice.own_chat).conversation


async def test_a_long_report_is_one_post_of_its_channel_that_goes_on_in_the_thread(office: Office) -> None:
    """When it becomes shorter, what is left over goes."""
    await office.teams.deliver(office.teams.person("alice").activity("typing", CHANNEL))
    conversation = below(Place("tenant", CHANNEL).conversation.rstrip(":"), "report-1")
    await said(office, conversation, "report-1", LONG)
    ((thread, messages),) = office.teams.messages.items()
    pages = len(messages)
    await said(office, conversation, "report-1:now", card("A short report", Text("all is well")), "report-1")

    assert pages > 2
    assert (thread.partition(";")[0], thread.partition("=")[2]) == (CHANNEL, messages[0].id)
    assert list(office.teams.messages) == [thread]
    assert [(shown.edits, "A short report" in shown.text) for shown in messages] == [(1, True)]


@pytest.mark.parametrize("trouble", [Busy(0.1, "too many requests"), Away("504")])
async def test_what_is_out_of_a_long_answer_is_not_posted_again(office: Office, trouble: Exception) -> None:
    """Teams lets nobody read back what was posted, so it is remembered."""
    posting = cast("Posting", office.door.delivery.posting)
    posting.calls.send = _failing_once(posting.calls.send, trouble, at=2)  # type: ignore[method-assign]
    await said(office, await own_chat(office), "long", LONG)

    (messages,) = office.teams.messages.values()
    chapters = [number for shown in messages for number in range(7) if f"chapter {number} " in shown.text]
    assert len(messages) > 2
    assert chapters == list(range(7))


async def test_the_last_word_is_said_however_much_was_said_before(office: Office) -> None:
    """Where Teams is spoken to too fast, only what still goes on is left out."""
    posting = cast("Posting", office.door.delivery.posting)
    conversation = await own_chat(office)
    await said(office, conversation, "running:p1", card("Running", Text("begins")))
    posting.pace.clock = lambda: 1_000_000.0
    for _ in range(4):
        posting.pace.wait(Place.parse(conversation).id)
    await said(office, conversation, "running:p1:2", _steps("running"), "running:p1")
    (shown,) = office.teams.in_thread(Place.parse(conversation).id)
    left_out = "started" not in shown.text
    await said(office, conversation, "running:p1:3", _steps("done"), "running:p1")

    assert left_out
    assert (shown.edits, "started" in shown.text) == (1, True)


def _steps(state: str) -> Card:
    return Card("Running", parts=(Progress((("started", "done" if state == "done" else "running"),)),))


def _failing_once(send: Callable[..., Awaitable[str]], trouble: Exception, at: int) -> Callable[..., Awaitable[str]]:
    """The call number `at` fails before anything was done."""
    calls = 0

    async def sometimes(*given: object) -> str:
        nonlocal calls
        calls += 1
        if calls == at:
            raise trouble
        return await send(*given)

    return sometimes
