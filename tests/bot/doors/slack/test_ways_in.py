"""What people say and press in Slack is heard: in the right conversation, once, and answered there."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.cards import Checklist, ChecklistItem, Choice, Choices, card
from domain.messages import ButtonPressed, Incoming, Reply
from domain.people import Person
from tests.bot.doors.slack.made_up import LABEL, Office, open_office, reply
from tests.fakes.slack.bolt_app import TRANSPORTS


@pytest.fixture(params=TRANSPORTS)
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, request.param) as opened:
        yield opened


async def buttons(incoming: Incoming) -> AsyncIterator[Reply]:
    """A proposal's buttons and a checklist, in answer to anything."""
    if isinstance(incoming, ButtonPressed):
        return
    choices = Choices(
        (
            Choice("Approve", "approve", "p1", "abc123", "primary"),
            Choice("Stop", "stop"),
            Choice("Tick 1", "tick", "i1/t1"),
            Choice("Tick 2", "tick", "i1/t2"),
        )
    )
    tasks = Checklist((ChecklistItem("t1", "Page the owner"), ChecklistItem("t2", "Look at the release")))
    yield reply(f"{incoming.id}:answer:0", card("Proposal", choices, tasks, cluster=LABEL))


async def test_a_mention_is_answered_in_its_thread_once(office: Office) -> None:
    """Slack delivers a mention twice, as a mention and as a message; one answer, in place of the progress."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    asked = await alice.says(shop, "@hilda why is checkout slow?")
    answer = await shop.sees("You said: why is checkout slow?")
    await office.settled()

    assert answer.thread_ts == asked.ts
    assert office.answers.texts == ["why is checkout slow?"]
    assert len(shop.thread(asked)) == 2


async def test_hilda_hears_her_own_threads_and_no_others(office: Office) -> None:
    """In a thread with her no mention is needed; what people say elsewhere is none of her business."""
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)
    asked = await alice.says(shop, "@hilda why is checkout slow?")
    await shop.sees("You said: why")

    await bob.says(shop, "since when?", thread=asked)
    await shop.sees("You said: since when?")
    lunch = await bob.says(shop, "lunch?")
    await alice.says(shop, "yes", thread=lunch)
    await office.settled()

    assert office.answers.texts == ["why is checkout slow?", "since when?"]
    first, second = office.answers.heard
    assert first.conversation == second.conversation
    assert (first.author, second.author) == (Person("slack", "T0HOME", alice.id), Person("slack", "T0HOME", bob.id))


async def test_a_direct_conversation_needs_no_mention_and_goes_on(office: Office) -> None:
    alice = office.slack.user("alice", timezone="Asia/Tokyo")
    direct = office.slack.direct(alice)

    await alice.says(direct, "why is checkout slow?")
    await direct.sees("You said: why")
    await alice.says(direct, "checklist")
    answer = await direct.sees("You said: checklist")

    assert answer.thread_ts == ""
    assert len({one.conversation for one in office.answers.heard}) == 1
    assert [getattr(one, "zone", "") for one in office.answers.heard] == ["Asia/Tokyo"] * 2


async def test_a_group_conversation_is_heard_when_it_mentions_and_in_its_threads(office: Office) -> None:
    """What several people say to each other there is not for Hilda, and each question has a thread of its own."""
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    group = office.slack.group(alice, bob)

    await alice.says(group, "bob, did you deploy?")
    asked = await bob.says(group, "@hilda why is checkout slow?")
    answer = await group.sees("You said: why is checkout slow?")
    await alice.says(group, "since when?", thread=asked)
    await group.sees("You said: since when?")
    await office.settled()

    assert answer.thread_ts == asked.ts
    assert office.answers.texts == ["why is checkout slow?", "since when?"]
    assert len({one.conversation for one in office.answers.heard}) == 1


async def test_bots_are_not_answered_whatever_they_say(office: Office) -> None:
    """Two bots that answer each other never stop."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    await office.slack.alerts(shop, "<@U0HILDA> [FIRING] HighLatency")
    asked = await alice.says(shop, "@hilda status")
    await shop.sees("You said: status")
    await office.settled()

    assert office.answers.texts == ["status"]
    assert len(shop.thread(asked)) == 2


async def test_an_event_that_slack_delivers_again_is_heard_once(office: Office) -> None:
    """A retry, and the same message for another workspace of the enterprise with an event id of its own."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    await alice.says(shop, "@hilda status")
    await office.settled()
    event = office.slack.events.deliveries[0].event

    for number in range(3):
        await office.slack.events.deliver(event, f"EvAgain{number}").done.wait()
    await office.settled()

    assert office.answers.texts == ["status"]


async def test_what_is_edited_is_answered_anew(office: Office) -> None:
    """A link preview changes nothing that was said; an edit does."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "@hilda why is chekout slow?")
    await shop.sees("You said: why is chekout")

    await alice.edits(asked, "@hilda why is checkout slow?")
    answer = await shop.sees("You said: why is checkout slow?")
    await office.settled()

    assert answer.thread_ts == asked.ts
    assert office.answers.texts == ["why is chekout slow?", "why is checkout slow?"]


async def test_what_is_deleted_while_it_waits_is_not_answered(office: Office) -> None:
    """The second question of a thread is taken back before its turn."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
        begun.set()
        await go.wait()
        yield reply(f"{incoming.id}:answer:0", card("Done", cluster=LABEL))

    office.on_reply(slow)
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "@hilda status")
    await begun.wait()
    again = await alice.says(shop, "roll back everything", thread=asked)

    await alice.deletes(again)
    go.set()
    await office.settled()

    assert office.answers.texts == ["status"]


async def test_a_button_brings_what_it_is_about_and_who_pressed(office: Office) -> None:
    """Delivered by either way, with the digest prefix of what was shown."""
    office.on_reply(buttons)
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)
    await alice.says(shop, "@hilda script")
    shown = await shop.sees("Approve")

    attempt = await bob.presses(shown, "Approve")
    await office.settled()

    pressed = office.answers.heard[-1]
    assert attempt.acked
    assert isinstance(pressed, ButtonPressed)
    assert (pressed.action, pressed.subject, pressed.digest_prefix) == ("approve", "p1", "abc123")
    assert pressed.author.id == bob.id
    assert pressed.conversation == office.answers.heard[0].conversation


async def test_each_task_that_is_ticked_is_heard(office: Office) -> None:
    office.on_reply(buttons)
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    await alice.says(shop, "@hilda checklist")
    shown = await shop.sees("Page the owner")

    await alice.ticks(shown, "i1/t2")
    await office.settled()

    ticked = office.answers.heard[-1]
    assert isinstance(ticked, ButtonPressed)
    assert (ticked.action, ticked.subject) == ("tick", "i1/t2")


async def test_stop_stops_what_is_under_way(office: Office) -> None:
    """Not after it: at once, although the thread's work is still going on."""
    begun = asyncio.Event()

    async def endless(incoming: Incoming) -> AsyncIterator[Reply]:
        async for shown in buttons(incoming):
            yield shown
        begun.set()
        await asyncio.sleep(60)

    office.on_reply(endless)
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    await alice.says(shop, "@hilda why?")
    shown = await shop.sees("Stop")
    await begun.wait()

    await alice.presses(shown, "Stop")
    await office.settled()

    assert await shop.sees("stopped")


async def test_a_button_of_another_release_gets_a_private_reason(office: Office) -> None:
    """Nobody else sees it, and nothing is guessed."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice, office.slack.user("bob"))
    old = {"type": "button", "action_id": "hilda:approve:0", "value": "0|approve|x|p1"}
    block = {"type": "actions", "elements": [{**old, "text": {"type": "plain_text", "text": "Approve"}}]}
    await office.door.calls("chat.postMessage", channel=shop.id, text="old", blocks=[block])
    shown = await shop.sees("Approve")

    assert (await alice.presses(shown, "Approve")).acked
    told = await shop.sees("no longer works", by=alice)

    assert told not in shop.messages()
    assert office.answers.heard == []
