"""What people say and press in Teams is heard: in the right conversation, once, and answered there."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot import outbox
from bot.doors.teams.places import Place
from domain.cards import Checklist, ChecklistItem, Choice, Choices, Code, Text, card
from domain.conversations import below
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Reply
from domain.people import Person
from tests.bot.doors.slack.made_up import LABEL, reply
from tests.bot.doors.teams.made_up import CHANNEL, GROUP, Office, open_office
from tests.fakes.teams.service import RefusedByTeams


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


async def buttons(incoming: Incoming) -> AsyncIterator[Reply]:
    """A proposal's buttons and a checklist, in answer to words."""
    if isinstance(incoming, ButtonPressed | FormSubmitted):
        return
    choices = Choices(
        (
            Choice("Approve", "approve", "p1", "abc123", "primary"),
            Choice("Reject", "reject", "p1", "abc123", "danger"),
            Choice("Stop", "stop"),
            Choice("Tick 1", "tick", "i1/t1"),
            Choice("Tick 2", "tick", "i1/t2"),
        )
    )
    tasks = Checklist((ChecklistItem("t1", "Page the owner"), ChecklistItem("t2", "Look at the release")))
    shown = card("Proposal", Code("kubectl get pods\n"), choices, tasks, cluster=LABEL)
    yield reply(f"{incoming.id}:answer:0", shown)


async def test_a_mention_in_a_channel_is_answered_in_its_thread_in_place_of_the_progress(office: Office) -> None:
    """One message of ours, which says the answer in the end; the mention is no part of the question."""
    asked = await office.teams.person("alice").says(CHANNEL, "why is checkout slow?", mention=True)
    thread = asked["conversation"]["id"]
    await office.teams.sees(thread, "You said: why is checkout slow?")
    await office.settled()

    assert office.answers.texts == ["why is checkout slow?"]
    assert len(office.teams.in_thread(thread)) == 1
    assert all(where in {thread} for where, said in office.teams.messages.items() if said)


async def test_a_thread_that_began_with_a_word_answered_at_once_goes_on_without_a_mention(office: Office) -> None:
    """`help` is no work of a conversation, and still she takes part in the thread."""
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    asked = await alice.says(CHANNEL, "help", mention=True)
    await office.settled()

    await bob.says(asked["conversation"]["id"], "what is wrong?")

    await office.teams.sees(asked["conversation"]["id"], "You said: what is wrong?")


async def test_a_reply_in_a_thread_with_her_needs_no_mention_and_other_threads_are_none_of_her_business(
    office: Office,
) -> None:
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    asked = await alice.says(CHANNEL, "why is checkout slow?", mention=True)
    thread = asked["conversation"]["id"]
    await office.teams.sees(thread, "You said: why")

    await bob.says(thread, "since when?")
    await office.teams.sees(thread, "You said: since when?")
    await bob.says(CHANNEL, "lunch?")
    await office.settled()

    first, second = office.answers.heard
    assert office.answers.texts == ["why is checkout slow?", "since when?"]
    assert first.conversation == second.conversation == Place.of("tenant", thread).conversation
    assert (first.author, second.author) == (Person("teams", "tenant", alice.id), Person("teams", "tenant", bob.id))


@pytest.mark.parametrize("where", ["personal", GROUP])
async def test_chats_go_on_as_one_conversation(office: Office, where: str) -> None:
    """In one's own chat no mention is needed; in a group it is, the first time."""
    alice = office.teams.person("alice", zone="Asia/Tokyo")
    chat = alice.own_chat if where == "personal" else where

    await alice.says(chat, "why is checkout slow?", mention=where == GROUP)
    await office.teams.sees(chat, "You said: why")
    await alice.says(chat, "checklist")
    await office.teams.sees(chat, "You said: checklist")

    assert len({one.conversation for one in office.answers.heard}) == 1
    assert {getattr(one, "zone", "") for one in office.answers.heard} == {"Asia/Tokyo"}


async def test_what_is_delivered_twice_is_heard_once(office: Office) -> None:
    """A message and a press, each brought again."""
    office.on_reply(buttons)
    alice = office.teams.person("alice")
    asked = await alice.says(alice.own_chat, "fix it")
    await office.teams.deliver(asked)
    shown = await office.teams.sees(alice.own_chat, "Proposal")
    for _ in range(2):
        await alice.invokes(
            alice.own_chat, {"verb": "approve", "data": next(shown.buttons())["data"]}, shown.id, id="press-1"
        )
    await office.settled()

    assert [type(one).__name__ for one in office.answers.heard] == [
        "Message",
        "ButtonPressed" if not LABEL.production else "FormSubmitted",
    ]


async def test_a_press_brings_who_what_and_which_bytes(office: Office) -> None:
    """And is answered at once, with a word for who pressed."""
    office.on_reply(buttons)
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    asked = await alice.says(CHANNEL, "fix it", mention=True)
    shown = await office.teams.sees(asked["conversation"]["id"], "Proposal")

    answer = await bob.presses(shown, "reject", **{"hilda.field.reason": "not at night"})
    await office.settled()

    assert answer["statusCode"] == 200
    rejected = office.answers.heard[-1]
    assert isinstance(rejected, FormSubmitted)
    assert (rejected.author.id, rejected.action, rejected.subject) == (bob.id, "reject", "p1")
    assert (rejected.values["digest_prefix"], rejected.values["reason"]) == ("abc123", "not at night")
    assert rejected.conversation == office.answers.heard[0].conversation


async def test_each_ticked_task_is_heard(office: Office) -> None:
    office.on_reply(buttons)
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "fix it")
    shown = await office.teams.sees(alice.own_chat, "Proposal")

    await alice.presses(shown, "tick", **{"hilda.ticks.p2": "i1/t1,i1/t2"})
    await office.settled()

    ticked = [one for one in office.answers.heard if isinstance(one, ButtonPressed)]
    assert [one.subject for one in ticked] == ["i1/t1", "i1/t2"]


@pytest.mark.parametrize(
    "action",
    [
        {"verb": "approve", "data": {"hilda": "0", "subject": "p1"}},
        {"verb": "obey", "data": {"hilda": "1"}},
        {"data": 7},
        "approve",
        None,
    ],
)
async def test_a_press_that_means_nothing_is_answered_with_what_to_do(office: Office, action: object) -> None:
    """Of an old release, or of nobody's: 400 in Teams' own form, and nothing is heard."""
    alice = office.teams.person("alice")

    answer = await alice.invokes(alice.own_chat, action)

    assert answer["statusCode"] == 400
    assert "Ask me again" in answer["value"]["message"]
    assert office.answers.heard == []


async def test_who_is_unknown_to_their_organisation_is_told_so(office: Office) -> None:
    alice = office.teams.person("alice")
    await office.teams.deliver({**alice.activity("message", alice.own_chat, text="hello"), "from": {"id": "29:x"}})

    await office.teams.sees(alice.own_chat, "I cannot tell who you are")
    assert office.answers.heard == []


async def test_bots_are_not_answered(office: Office) -> None:
    """Two that answer each other never stop."""
    alice = office.teams.person("alice")
    bot = {"id": "28:other", "aadObjectId": "b", "role": "bot"}
    await office.teams.deliver({**alice.activity("message", alice.own_chat, text="hello"), "from": bot})
    await office.settled()

    assert office.answers.heard == []


async def test_she_introduces_herself_once_where_she_is_added(office: Office) -> None:
    """The two events that Teams sends for it, in either order, are one welcome."""
    alice = office.teams.person("alice")
    us = {"id": f"28:{office.teams.app_id}"}
    await office.teams.deliver(alice.activity("installationUpdate", alice.own_chat, action="add"))
    await office.teams.deliver(alice.activity("conversationUpdate", alice.own_chat, membersAdded=[us]))
    await office.teams.sees(alice.own_chat, "I am Hilda")
    await office.settled()

    assert len(office.teams.in_thread(alice.own_chat)) == 1


async def test_what_is_said_unasked_reaches_a_channel_and_its_thread_is_one_conversation(office: Office) -> None:
    """An incident is announced where she was heard of; who answers below it is in the incident's conversation."""
    alice = office.teams.person("alice")
    await office.teams.deliver(alice.activity("installationUpdate", CHANNEL, action="add"))
    await office.settled()
    conversation = below(Place("tenant", CHANNEL).conversation.rstrip(":"), "incident-i1")
    for key, title in (("incident-i1", "Checkout is down"), ("incident-i1:fact", "It began at 14:02")):
        await outbox.put(office.store, conversation, Reply(card(title, Text("seen"), cluster=LABEL), key=key))
    office.door.delivery.wake()
    await office.settled()

    thread = next(where for where, said in office.teams.messages.items() if said and "Checkout is down" in said[0].text)
    await office.teams.sees(thread, "It began at 14:02")
    await alice.says(thread, "since when?")
    await office.teams.sees(thread, "You said: since when?")

    assert office.answers.heard[-1].conversation == conversation


async def test_private_words_go_to_ones_own_chat(office: Office) -> None:
    """Teams shows nothing to one person alone in a channel; the chat is begun where there was none."""
    alice = office.teams.person("alice")
    asked = await alice.says(CHANNEL, "hello", mention=True)
    await office.settled()
    person = Person("teams", "tenant", alice.id)
    private = Reply(
        card("Not allowed", Text("You are viewer here.")), key="k:private", audience="person", person=person
    )
    await outbox.put(office.store, Place.of("tenant", asked["conversation"]["id"]).conversation, private)
    office.door.delivery.wake()

    await office.teams.sees(alice.own_chat, "You are viewer here.")
    assert not any("viewer" in said.text for said in office.teams.in_thread(asked["conversation"]["id"]))


async def test_what_teams_does_not_take_now_is_said_later_in_order_and_once(office: Office) -> None:
    """Gateway errors and too many requests cost time, not words."""
    alice = office.teams.person("alice")
    office.teams.down = 2
    await alice.says(alice.own_chat, "one")
    await alice.says(alice.own_chat, "two")
    await office.teams.sees(alice.own_chat, "You said: two")
    await office.settled()

    said = [
        line
        for shown in office.teams.in_thread(alice.own_chat)
        for line in shown.text.split("\n")
        if "You said" in line
    ]
    assert said == ["You said: one", "You said: two"]


async def test_a_team_that_is_gone_costs_its_own_words_only(office: Office) -> None:
    alice = office.teams.person("alice")
    office.teams.refusals[GROUP] = RefusedByTeams(403, "BotNotInConversationRoster")
    await alice.says(GROUP, "hello", mention=True)
    await alice.says(alice.own_chat, "still there?")

    await office.teams.sees(alice.own_chat, "You said: still there?")
    await office.settled()
    assert office.teams.in_thread(GROUP) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"type": 7}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"hello", "text/plain", 415),
        (b'{"type":"message","channelId":"msteams"}', "application/json", 401),
        (b"x" * 600_000, "application/json", 413),
    ],
)
async def test_what_cannot_be_read_is_refused_and_breaks_nothing(
    office: Office, body: bytes, kind: str, status: int
) -> None:
    """Never a 500 for somebody else's nonsense."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(office.teams.bot_url, data=body, headers={"content-type": kind}) as response,
    ):
        assert response.status == status


@pytest.mark.parametrize(
    "missing", ["id", "from", "recipient", "conversation", "channelData", "entities", "timestamp", "text"]
)
async def test_an_activity_without_what_teams_always_sends_breaks_nothing(office: Office, missing: str) -> None:
    alice = office.teams.person("alice")
    activity = alice.activity("message", alice.own_chat, text="hello")
    del activity[missing]

    status, _ = await office.teams.deliver(activity)

    assert status in {202, 400, 401}
    await alice.says(alice.own_chat, "still there?")
    await office.teams.sees(alice.own_chat, "You said: still there?")


async def test_an_invoke_that_nobody_knows_is_not_supported(office: Office) -> None:
    alice = office.teams.person("alice")
    status, body = await office.teams.deliver(alice.activity("invoke", alice.own_chat, name="task/fetch", value={}))

    assert (status, json.loads(json.dumps(body))["statusCode"]) == (200, 501)
