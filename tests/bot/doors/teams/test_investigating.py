"""The word "Investigate this" on a message in Teams."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.doors.teams.investigating import text_of
from domain.messages import Message
from tests.bot.doors.teams.made_up import CHANNEL, Office, open_office
from tests.fakes.teams.service import Human

PASTED = {"body": {"contentType": "html", "content": "<p>FIRING <b>KubePodCrashLooping</b></p><p>shop/checkout</p>"}}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as found:
        yield found


async def pointed_at(office: Office, who: Human, place: str, message: Any, command: str = "investigate") -> Any:
    """The answer to who chose the word in the menu of a message."""
    value = {"commandId": command, "commandContext": "message", "messagePayload": message}
    activity = who.activity("invoke", place, name="composeExtension/fetchTask", value=value)
    status, body = await office.teams.deliver(activity)
    assert status == 200
    return body


def words(answer: Any) -> str:
    return json.dumps(answer["task"]["value"]["card"]["content"]["body"])


async def test_a_pasted_alert_is_looked_into_where_it_is(office: Office) -> None:
    alice = office.teams.person("alice")
    asked = await alice.says(CHANNEL, "hello", mention=True)
    thread = asked["conversation"]["id"]
    await office.settled()

    answer = await pointed_at(office, alice, thread, PASTED)
    await office.settled()

    assert "The answer comes where the message is" in words(answer)
    heard = [one for one in office.answers.heard if isinstance(one, Message)][-1]
    assert heard.text == "what is wrong?\nFIRING KubePodCrashLooping\nshop/checkout"
    await office.teams.sees(thread, "KubePodCrashLooping")


async def test_where_she_is_not_the_answer_comes_in_ones_own_chat(office: Office) -> None:
    """And nothing is ever said where she is not, although she was asked from there."""
    alice, place = office.teams.person("alice"), "19:secret@thread.v2"
    await alice.says(alice.own_chat, "hello")
    await office.settled()

    for _ in range(2):
        answer = await pointed_at(office, alice, place, PASTED)
        assert "in our own chat" in words(answer)
    await office.settled()

    await office.teams.sees(alice.own_chat, "KubePodCrashLooping")
    assert office.teams.in_thread(place) == []


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"body": {}},
        {"body": {"content": " "}},
        {"attachments": "no"},
        {"attachments": [3, {"content": 7}]},
    ],
)
async def test_a_message_without_words_is_said_to_be_one(office: Office, message: Any) -> None:
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "hello")
    await office.settled()

    assert "no words" in words(await pointed_at(office, alice, alice.own_chat, message))
    assert len(office.answers.heard) == 1


async def test_who_never_spoke_with_her_is_told_to_open_a_chat_first(office: Office) -> None:
    answer = await pointed_at(office, office.teams.person("carol"), CHANNEL, PASTED)

    assert "Open a chat with me first" in words(answer)
    assert office.answers.heard == []


async def test_a_word_of_somebody_elses_is_not_supported(office: Office) -> None:
    alice = office.teams.person("alice")
    assert (await pointed_at(office, alice, alice.own_chat, PASTED, "other"))["statusCode"] == 501


def test_the_words_of_other_peoples_cards_are_read() -> None:
    """As JSON or as its text, however deep somebody nests it."""
    nested: Any = {"text": "too deep"}
    for _ in range(300):
        nested = {"items": [nested]}
    card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "HighErrorRate"}, nested]}
    facts = {"facts": [{"title": "namespace", "value": "shop"}]}

    found = text_of({"body": {"content": ""}, "attachments": [{"content": json.dumps(card)}, {"content": facts}]})

    assert found == "HighErrorRate\nnamespace\nshop"
    assert text_of({"attachments": [{"content": "plain words"}]}) == "plain words"
