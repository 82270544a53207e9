"""What people thought of an answer: Teams' own thumbs, in the same record as Slack's."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.doors.teams.feedback import _rating, _words
from bot.doors.teams.places import Place
from domain.cards import Progress, card
from domain.messages import Incoming, Reply
from domain.plain_json import Json
from tests.bot.doors.teams.made_up import CHANNEL, Office, open_office
from tests.fakes.teams.service import Human, Shown
from tests.gallery.cards import GALLERY


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        opened.on_reply(answer)
        yield opened


async def answer(incoming: Incoming) -> AsyncIterator[Reply]:
    yield Reply(GALLERY["answer"], key=incoming.id)


def thumbs(shown: Shown) -> bool:
    return bool(shown.activity.get("channelData", {}).get("feedbackLoop") == {"type": "default"})


def value(reaction: str, words: str = "") -> Json:
    """As Teams' own form sends it."""
    return {
        "actionName": "feedback",
        "actionValue": {"reaction": reaction, "feedback": json.dumps({"feedbackText": words})},
    }


async def rates(office: Office, human: Human, shown: Shown, said: Any, **more: Any) -> tuple[int, Any]:
    where = office.teams.place_of(shown)
    sent = human.activity("invoke", where, name="message/submitAction", value=said, replyToId=shown.id)
    return await office.teams.deliver({**sent, **more})


async def kept(office: Office) -> list[tuple[str, str, str, str]]:
    rows = [row for row in await office.store.audit.tail() if row.what == "rated"]
    return [(row.who, row.subject, row.result, row.why) for row in rows]


async def test_an_answer_with_sources_has_thumbs_below_its_first_message(office: Office) -> None:
    alice = office.teams.person("alice")
    asked = await alice.says(CHANNEL, "what is wrong?", mention=True)
    await office.teams.sees(asked["conversation"]["id"], "its new image does not exist")
    await office.settled()

    messages = office.teams.in_thread(asked["conversation"]["id"])
    assert [thumbs(message) for message in messages] == [True, *[False] * (len(messages) - 1)]


async def test_what_gives_no_sources_has_none(office: Office) -> None:
    async def greets(incoming: Incoming) -> AsyncIterator[Reply]:
        yield Reply(card("Hello"), key=incoming.id)

    office.on_reply(greets)
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "hello")

    assert not thumbs(await office.teams.sees(alice.own_chat, "Hello"))


async def test_an_answer_in_the_place_of_a_stream_has_thumbs_as_well(office: Office) -> None:
    """In one's own chat progress is streamed, and the answer ends the stream."""

    async def streamed(incoming: Incoming) -> AsyncIterator[Reply]:
        first = f"{incoming.id}:looking"
        yield Reply(card("Looking", Progress((("reading pods", "running"),))), key=first)
        await office.said()
        yield Reply(GALLERY["answer"], key=incoming.id, replaces=first)

    office.on_reply(streamed)
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "what is wrong?")
    shown = await office.teams.sees(alice.own_chat, "its new image does not exist")
    await office.settled()

    assert shown.activity["channelData"]["streamType"] == "final"
    assert thumbs(shown)


async def test_a_thumb_goes_into_the_record_with_its_words(office: Office) -> None:
    """Named by the message in its conversation; the answer to Teams is empty, or it would say that it failed."""
    alice, bob = office.teams.person("alice"), office.teams.person("bob")
    asked = await alice.says(CHANNEL, "what is wrong?", mention=True)
    thread = asked["conversation"]["id"]
    shown = await office.teams.sees(thread, "its new image does not exist")

    up = await rates(office, alice, shown, value("like"))
    down = await rates(office, bob, shown, value("dislike", "it was the database"))

    assert up == down == (200, {})
    answer = f"{Place.of('tenant', thread).conversation}/{shown.id}"
    assert await kept(office) == [
        ("teams:tenant:aad-alice", answer, "helped", ""),
        ("teams:tenant:aad-bob", answer, "missed", "it was the database"),
    ]


async def test_one_person_has_one_voice_about_an_answer(office: Office) -> None:
    """Said twice or delivered twice, it is kept once; who changes their mind is heard again."""
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "what is wrong?")
    shown = await office.teams.sees(alice.own_chat, "its new image does not exist")

    for reaction in ("like", "like", "dislike"):
        await rates(office, alice, shown, value(reaction))

    assert [row[2] for row in await kept(office)] == ["helped", "missed"]


NO_THUMBS: tuple[tuple[object, dict[str, str]], ...] = (
    (None, {}),
    ("like", {}),
    ({}, {}),
    ({"actionName": "other", "actionValue": {"reaction": "like"}}, {}),
    ({"actionName": "feedback"}, {}),
    ({"actionName": "feedback", "actionValue": ["like"]}, {}),
    (value("love"), {}),
    (value("like"), {"replyToId": ""}),
    (value("like"), {"replyToId": "1" * 1000}),
    (value("like"), {"replyToId": "1\x00"}),
)


async def test_what_is_no_thumb_is_answered_as_such_and_not_kept(office: Office) -> None:
    alice = office.teams.person("alice")
    await alice.says(alice.own_chat, "what is wrong?")
    shown = await office.teams.sees(alice.own_chat, "its new image does not exist")

    answers = [await rates(office, alice, shown, said, **more) for said, more in NO_THUMBS]

    assert [(status, body["statusCode"]) for status, body in answers] == [(200, 400)] * len(NO_THUMBS)
    assert await kept(office) == []


async def test_who_is_nobody_here_has_no_voice(tmp_path: Path) -> None:
    """Neither has an account that nobody vouches for."""
    async with open_office(tmp_path, teams_development=True, unknown_people="nobody") as office:
        eve = office.teams.person("eve")
        shown = Shown("1", eve.own_chat, {})
        office.teams.messages[eve.own_chat] = [shown]

        assert await rates(office, eve, shown, value("like")) == (200, {})
        assert await rates(office, eve, shown, value("like"), **{"from": {"id": "29:x"}}) == (200, {})
        assert await kept(office) == []


plain = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)))
def test_whatever_comes_in_the_place_of_a_thumb_can_be_read(anything: object) -> None:
    for said in (
        anything,
        {"actionName": anything},
        {"actionName": "feedback", "actionValue": anything},
        {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": anything}},
        {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": json.dumps(anything)}},
    ):
        assert _rating(said) in {None, "helped"}
        assert isinstance(_words(said), str)


@given(st.text().filter(str.strip))
def test_the_words_are_read_in_each_form_that_clients_send(words: str) -> None:
    for feedback in (json.dumps({"feedbackText": words}), {"feedbackText": words}):
        said = {"actionName": "feedback", "actionValue": {"reaction": "dislike", "feedback": feedback}}
        assert _words(said) == words.strip()
