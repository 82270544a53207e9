"""In one's own chat progress is a line that Teams streams, and the answer takes its place; elsewhere it is updated."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import outbox
from bot.doors.following import STOP
from bot.doors.teams.places import Place
from bot.doors.teams.posted import Posted, Stream
from bot.doors.teams.posting import Posting
from bot.doors.teams.streaming import LONGEST_LINE, line_of
from domain.cards import Card, Choice, Choices, Progress, ProgressState, Text, card
from domain.messages import Incoming, Reply
from domain.people import Person
from tests.bot.doors.slack.made_up import LABEL, reply
from tests.bot.doors.teams.made_up import CHANNEL, GROUP, Office, open_office
from tests.fakes.teams.service import Shown

STEPS = ("412 pods read", "asking Prometheus")


class Clock:
    """Of the service, of our pace and of our streams: it runs, and a test can put it forward."""

    def __init__(self) -> None:
        self.ahead = 1_763_660_000.0 - time.monotonic()

    def __call__(self) -> float:
        return self.ahead + time.monotonic()


class Slow:
    """Looks long enough to be watched: each step waits until Teams was told of the one before, and takes `seconds`."""

    def __init__(self, office: Office, clock: Clock) -> None:
        self.office, self.clock = office, clock
        self.steps: tuple[str, ...] = STEPS
        self.seconds = 2.0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        ask = Choices((Choice("Checklist", "next_level", "2"),))
        self.answer = card("The pool is empty", Text("Raise it"), ask, cluster=LABEL)

    async def __call__(self, incoming: Incoming) -> AsyncIterator[Reply]:
        first = f"{incoming.id}:looking"
        done: list[tuple[str, ProgressState]] = []
        for number, step in enumerate(self.steps):
            shown = Progress((*done, (step, "running")))
            key, replaces = (f"{first}:{number}", first) if number else (first, "")
            yield reply(key, card("Looking", shown, cluster=LABEL), replaces)
            await self.office.said()
            self.clock.ahead += self.seconds
            done.append((step, "done"))
        await self.may_answer.wait()
        yield reply(f"{incoming.id}:answer:0", self.answer, first)


class Watched:
    def __init__(self, office: Office) -> None:
        self.office, self.clock, self.alice = office, Clock(), office.teams.person("alice")
        self.work = Slow(office, self.clock)
        office.on_reply(self.work)
        office.teams.clock = self.clock
        self.new_process()

    def new_process(self) -> None:
        """Whatever posted so far is gone, with all that it knew."""
        before = self.posting
        posting = Posting(**{name: getattr(before, name) for name in before.__dataclass_fields__ if name in _GIVEN})
        posting.pace.clock = posting.streaming.clock = self.clock
        self.office.door.delivery.posting = posting

    @property
    def posting(self) -> Posting:
        return cast("Posting", self.office.door.delivery.posting)

    @property
    def messages(self) -> list[Shown]:
        """What stands in Alice's own chat."""
        return self.office.teams.in_thread(self.alice.own_chat)

    @property
    def lines(self) -> list[list[str]]:
        return [stream.lines for stream in self.office.teams.streams.all.values()]

    @property
    def states(self) -> list[str]:
        return [stream.state for stream in self.office.teams.streams.all.values()]

    async def asks(self, chat: str = "") -> None:
        await self.alice.says(chat or self.alice.own_chat, "why is checkout slow?", mention=bool(chat))

    async def looking(self) -> Shown:
        """The stream that is open."""
        return await self.office.teams.sees(self.alice.own_chat, STEPS[0])


_GIVEN = {"calls", "addresses", "post_of", "stop", "views"}


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with open_office(tmp_path) as office:
        yield Watched(office)


async def test_progress_in_ones_own_chat_streams_and_ends_as_the_answer(watched: Watched) -> None:
    """One message: a line that says what goes on and where, then the card with its buttons."""
    await watched.asks()
    await watched.office.settled()

    assert watched.lines == [
        ["412 pods read · eu-prod-1 (PRODUCTION)", "412 pods read · asking Prometheus · eu-prod-1 (PRODUCTION)"]
    ]
    assert watched.states == ["completed"]
    (said,) = watched.messages
    assert "The pool is empty" in said.text
    assert [button["title"] for button in said.buttons()] == ["Checklist"]
    assert watched.office.teams.streams.dropped == []


async def test_what_ended_a_stream_is_updated_in_place_afterwards(watched: Watched) -> None:
    await watched.asks()
    await watched.office.settled()
    (incoming,) = watched.office.answers.heard
    after = reply("later", card("The pool was raised"), f"{incoming.id}:answer:0")
    await outbox.put(watched.office.store, incoming.conversation, after)
    watched.office.door.delivery.wake()
    await watched.office.settled()

    (said,) = watched.messages
    assert (said.edits, "The pool was raised" in said.text) == (1, True)


@pytest.mark.parametrize("where", [GROUP, CHANNEL])
async def test_elsewhere_progress_is_updated_in_place(watched: Watched, where: str) -> None:
    await watched.asks(where)
    await watched.office.settled()

    (said,) = [shown for messages in watched.office.teams.messages.values() for shown in messages]
    assert watched.office.teams.streams.asked == 0
    assert (said.edits, "The pool is empty" in said.text) == (2, True)


async def test_an_answer_that_comes_at_once_streams_nothing(watched: Watched) -> None:
    watched.work.steps = ()
    await watched.asks()
    await watched.office.settled()

    assert watched.office.teams.streams.asked == 0
    assert len(watched.messages) == 1


async def test_a_chat_that_does_not_stream_sees_the_same_message_updated(watched: Watched) -> None:
    """It is asked once an hour, not at every question."""
    watched.office.teams.streams.allowed = False
    for _ in range(2):
        await watched.asks()
        await watched.office.settled()
    watched.clock.ahead += 3600
    await watched.asks()
    await watched.office.settled()

    assert watched.office.teams.streams.asked == 2
    assert [said.edits for said in watched.messages] == [2, 2, 2]
    assert all("The pool is empty" in said.text for said in watched.messages)


async def test_stop_beside_a_stream_stops_the_work(watched: Watched) -> None:
    """As the word does; what is said about it is a message of its own, since the stream stays as it was."""
    watched.work.may_answer.clear()
    await watched.asks()
    looking = await watched.looking()
    await watched.alice.stops(looking)
    await watched.office.teams.sees(watched.alice.own_chat, "I stopped looking")
    await watched.office.settled()

    (incoming,) = watched.office.answers.heard
    topic = f"conversation:{incoming.conversation}"
    assert [one.event for one in await watched.office.store.journal.since(0, [topic])].count(STOP) == 1
    assert [said.id == looking.id for said in watched.messages] == [True, False]
    assert STEPS[0] in looking.text


async def test_not_to_watch_a_script_does_not_stop_it(watched: Watched) -> None:
    """What it still says is a message of its own."""
    conversation = Place("tenant", watched.alice.own_chat).conversation
    await watched.office.teams.deliver(watched.alice.activity("typing", watched.alice.own_chat))
    await _say(watched, conversation, "running:p1", _progress("claimed by the executor"))
    (shown,) = watched.messages
    await watched.alice.stops(shown)
    watched.clock.ahead += 2
    await _say(watched, conversation, "running:p1:2", _progress("started in the sandbox"), "running:p1")
    watched.clock.ahead += 2
    await _say(watched, conversation, "running:p1:3", _progress("verifying"), "running:p1")
    assert ["verifying" in said.text for said in watched.messages] == [False, True]
    await _say(watched, conversation, "running:p1:4", card("Ran", Text("finished")), "running:p1")

    journal = await watched.office.store.journal.since(0, [f"conversation:{conversation}"])
    assert STOP not in [one.event for one in journal]
    assert ["finished" in said.text for said in watched.messages] == [False, True]


async def test_long_work_leaves_its_stream_before_teams_ends_it_and_goes_on_in_the_same_message(
    watched: Watched,
) -> None:
    watched.work.steps, watched.work.seconds = tuple(f"step {number}" for number in range(8)), 20
    await watched.asks()
    await watched.office.settled()

    assert [len(lines) for lines in watched.lines] == [5]
    assert watched.states == ["completed"]
    (said,) = watched.messages
    assert (said.edits, "The pool is empty" in said.text) == (3, True)


async def test_an_answer_after_the_two_minutes_stands_where_the_stream_was(watched: Watched) -> None:
    """Teams had ended it by itself."""
    watched.work.steps, watched.work.seconds = STEPS[:1], 130
    await watched.asks()
    await watched.office.settled()

    (said,) = watched.messages
    assert (said.edits, "The pool is empty" in said.text) == (1, True)


@pytest.mark.parametrize("at", ["the beginning", "an update", "the end"])
async def test_a_word_that_teams_did_not_confirm_is_neither_lost_nor_doubled(watched: Watched, at: str) -> None:
    """Each call was done, although its answer was 504."""
    teams = watched.office.teams
    watched.work.may_answer.clear()
    if at == "the beginning":
        teams.lost = 1
    await watched.asks()
    await watched.looking()
    if at == "an update":
        teams.lost = 1
    if at == "the end":
        await teams.sees(watched.alice.own_chat, STEPS[1])
        await watched.office.said()
        teams.lost = 1
    watched.work.may_answer.set()
    await watched.office.settled()

    assert teams.lost == 0
    assert teams.streams.asked == 1
    assert sum("The pool is empty" in said.text for said in watched.messages) == 1
    assert len(watched.messages) == (2 if at == "the beginning" else 1)


async def test_another_replica_goes_on_with_a_stream(watched: Watched) -> None:
    """The outbox knows how far it has come."""
    await watched.asks()
    await watched.looking()
    await watched.office.said()
    watched.new_process()
    await watched.office.settled()

    assert [len(lines) for lines in watched.lines] == [2]
    assert (watched.states, len(watched.messages)) == (["completed"], 1)
    assert watched.office.teams.streams.dropped == []


async def test_a_long_answer_ends_the_stream_with_its_first_page(watched: Watched) -> None:
    watched.work.answer = card("The pool is empty", *(Text(f"{number} " + "word " * 1_500) for number in range(5)))
    await watched.asks()
    await watched.office.settled()

    assert watched.states == ["completed"]
    assert len(watched.messages) > 1
    assert [str(number) in said.text for number, said in enumerate(watched.messages)]
    assert "(2 of " in watched.messages[1].text
    assert ["entities" in said.activity for said in watched.messages] == [True] + [False] * (len(watched.messages) - 1)


async def test_a_card_that_teams_does_not_take_ends_the_stream_as_text(watched: Watched) -> None:
    watched.office.teams.refuses = lambda activity: bool(activity.get("attachments"))
    await watched.asks()
    await watched.office.settled()

    (said,) = watched.messages
    assert watched.states == ["completed"]
    assert "The pool is empty" in said.text


async def test_an_end_that_teams_does_not_take_is_posted_and_streaming_left_alone_for_a_while(watched: Watched) -> None:
    watched.office.teams.refuses = lambda activity: "final" in str(activity.get("entities"))
    for _ in range(2):
        await watched.asks()
        await watched.office.settled()
        watched.clock.ahead += 2

    assert watched.office.teams.streams.asked == 1
    assert ["The pool is empty" in said.text for said in watched.messages] == [False, True, True]


async def test_private_words_and_other_work_do_not_touch_an_open_stream(watched: Watched) -> None:
    """They are messages of their own; Teams streams one at a time."""
    watched.work.may_answer.clear()
    await watched.asks()
    looking = await watched.office.teams.sees(watched.alice.own_chat, STEPS[1])
    await watched.office.said()
    watched.clock.ahead += 2
    conversation = Place("tenant", watched.alice.own_chat).conversation
    person = Person("teams", "tenant", watched.alice.id)
    private = Reply(card("Not allowed", Text("You are viewer here.")), key="p", audience="person", person=person)
    await outbox.put(watched.office.store, conversation, private)
    await _say(watched, conversation, "running:p1", _progress("claimed by the executor"))
    watched.work.may_answer.set()
    await watched.office.settled()

    assert (len(watched.lines), watched.office.teams.streams.asked) == (1, 1)
    texts = [said.text for said in watched.messages]
    assert [looking.id == said.id for said in watched.messages] == [True, False, False]
    assert "The pool is empty" in texts[0]
    assert "You are viewer here." in texts[1]
    assert "claimed by the executor" in texts[2]


async def test_updates_that_come_too_fast_are_left_out_and_the_answer_waits_its_second(watched: Watched) -> None:
    """Teams takes one a second: what is left out, the next one says."""
    watched.work.steps, watched.work.seconds = tuple(f"step {number}" for number in range(4)), 0
    await watched.asks()
    await watched.office.settled()

    ((first, *rest),) = watched.lines
    assert "step 0" in first
    assert len(rest) < 3
    assert watched.office.teams.streams.too_fast == 0
    assert watched.states == ["completed"]
    assert len(watched.messages) == 1


_STATES = st.sampled_from(["done", "running", "waiting", "failed"])


@given(st.lists(st.tuples(st.text(), _STATES)), st.text(), st.text().map(lambda text: text * 100))
def test_a_line_is_one_line_short_and_never_empty(
    steps: list[tuple[str, ProgressState]], running: str, known: str
) -> None:
    line = line_of(Card("Looking", parts=(Progress((*steps, (running, "running"))), Text(known)), cluster=LABEL))

    assert 0 < len(line) <= LONGEST_LINE
    assert len(line.splitlines()) == 1


def test_a_line_says_the_step_how_many_there_are_and_what_is_known() -> None:
    steps: tuple[tuple[str, ProgressState], ...] = (
        ("412 pods read", "done"),
        ("asking Prometheus", "running"),
        ("reading logs", "waiting"),
    )
    known = Text("First evidence:\n- `checkout` restarts (`pods`)")

    assert line_of(Card("Looking", parts=(Progress(steps), known))) == (
        "412 pods read · asking Prometheus · 2 of 3 · First evidence: - checkout restarts (pods)"
    )


@given(
    st.text("0123456789", min_size=1),
    st.none() | st.builds(Stream, st.integers(1, 10**6), st.integers(0, 10**11)),
)
def test_what_was_posted_is_kept_as_one_name(message: str, stream: Stream | None) -> None:
    posted = Posted("a:1-chat_x", (message,), stream)

    assert Posted.parse(str(posted)) == posted
    assert Posted.parse(str(Posted())) == Posted()


def _progress(step: str) -> Card:
    return card("Running", Progress(((step, "running"),)), cluster=LABEL)


async def _say(watched: Watched, conversation: str, key: str, shown: Card, replaces: str = "") -> None:
    await outbox.put(watched.office.store, conversation, reply(key, shown, replaces))
    watched.office.door.delivery.wake()
    await watched.office.said()
