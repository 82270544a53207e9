"""In the assistant's threads progress is a stream of tasks, and the answer takes its place; elsewhere it is updated."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.cards import Choice, Choices, Progress, ProgressState, Text, card
from domain.messages import Incoming, Reply
from tests.bot.doors.slack.made_up import LABEL, Office, open_office, reply
from tests.fakes.slack.driver import Person, Place
from tests.fakes.slack.seen import Seen

MADE_OF = ("chat.startStream", "chat.appendStream", "chat.stopStream")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, "socket") as opened:
        opened.on_reply(Slow(opened))
        yield opened


class Slow:
    """Looks long enough to be watched: each step waits until Slack was told of the one before."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def __call__(self, incoming: Incoming) -> AsyncIterator[Reply]:
        first, steps = f"{incoming.id}:looking", ("412 pods read", "asking Prometheus")
        done: list[tuple[str, ProgressState]] = []
        for number, step in enumerate(steps):
            shown = Progress((*done, (step, "running")))
            key, replaces = (f"{first}:{number}", first) if number else (first, "")
            yield reply(key, card("Looking", shown, cluster=LABEL), replaces)
            await self.office.said()
            done.append((step, "done"))
        ask = Choices((Choice("Checklist", "next_level", "2"),))
        yield reply(f"{incoming.id}:answer:0", card("The pool is empty", Text("Raise it"), ask, cluster=LABEL), first)


async def asked(office: Office, *, in_a_thread: bool = True) -> tuple[Person, Place, Seen]:
    alice = office.slack.user("alice")
    direct = office.slack.direct(alice)
    thread = await alice.opens_assistant() if in_a_thread else None
    said = await alice.says(direct, "why is checkout slow?", thread=thread)
    return alice, direct, thread or said


async def test_progress_streams_as_tasks_and_ends_as_the_answer(office: Office) -> None:
    """One message: where it is about, what is done and under way; then the card with its buttons and its text."""
    _, direct, thread = await asked(office)
    looking = await direct.sees(lambda seen: seen.streaming)
    tasks = [task["title"] for log in office.slack.api.called(MADE_OF[0]) for task in log.args["chunks"]]
    await office.settled()

    said = direct.again(looking)
    assert tasks == ["Looking · eu-prod-1 (PRODUCTION)", "412 pods read"]
    assert [len(office.slack.api.called(method)) for method in MADE_OF] == [1, 1, 1]
    assert (said.streaming, said.buttons, said.thread_ts) == (False, ["Checklist"], thread.ts)
    assert "The pool is empty" in said.words
    assert "The pool is empty" in said.text
    assert [seen.ts for seen in direct.thread(thread) if seen.user == "U0HILDA"] == [thread.ts, said.ts]


async def test_a_workspace_without_streams_sees_the_same_message_updated(office: Office) -> None:
    """Asked for once, not at every question."""
    office.slack.refuse("chat.startStream", "unknown_method")
    alice, direct, thread = await asked(office)
    await office.settled()
    await alice.says(direct, "and now?", thread=thread)
    await office.settled()

    answers = [seen for seen in direct.thread(thread) if "The pool is empty" in seen.words]
    assert len(answers) == 2
    assert len([log for log in office.slack.api.calls if log.method == "chat.startStream"]) == 1
    assert office.slack.api.called("chat.update")


async def test_what_slack_ended_by_itself_is_answered_in_place(office: Office) -> None:
    office.slack.refuse("chat.appendStream", "message_not_in_streaming_state")
    office.slack.refuse("chat.stopStream", "message_not_in_streaming_state")
    _, direct, thread = await asked(office)
    looking = await direct.sees(lambda seen: seen.streaming)
    message = direct.channel.find(looking.ts)
    assert message is not None
    message.streaming = False
    await office.settled()

    assert "The pool is empty" in direct.again(looking).words
    assert len(direct.thread(thread)) == 3


async def test_a_stream_whose_beginning_slack_did_not_confirm_is_found_again(office: Office) -> None:
    """One message, although nobody told us its name."""
    office.slack.lose_answers("chat.startStream")
    _, direct, thread = await asked(office)
    await office.settled()

    assert len(office.slack.api.called("chat.startStream")) == 1
    assert [seen.streaming for seen in direct.thread(thread)] == [False, False, False]
    assert "The pool is empty" in direct.thread(thread)[-1].words


@pytest.mark.parametrize("where", ["channel", "beside threads"])
async def test_elsewhere_progress_is_updated_in_place(office: Office, where: str) -> None:
    if where == "channel":
        alice = office.slack.user("alice")
        place = office.slack.channel("shop", alice)
        await alice.says(place, "@hilda why is checkout slow?")
    else:
        _, place, _ = await asked(office, in_a_thread=False)
    await place.sees("The pool is empty", within=10)

    assert not [log for log in office.slack.api.calls if log.method in MADE_OF]


async def test_the_assistant_says_that_it_looks_until_it_has_an_answer(office: Office) -> None:
    go = asyncio.Event()

    async def thinking(incoming: Incoming) -> AsyncIterator[Reply]:
        await go.wait()
        yield reply(f"{incoming.id}:answer:0", card("The pool is empty", cluster=LABEL))

    office.on_reply(thinking)
    alice, _, thread = await asked(office)
    async with asyncio.timeout(5):
        while not alice.status_of(thread):
            await asyncio.sleep(0.02)
    said = alice.status_of(thread)
    go.set()
    await office.settled()

    assert said == "is looking…"
    assert alice.status_of(thread) == ""
