"""Many at once, and what comes with an answer: no answer waits behind progress, and no file is lost or doubled."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import outbox
from domain.cards import Code, Progress, Text, card
from tests.bot.doors.slack.made_up import LABEL, Office, open_office, reply
from tests.fakes.slack.driver import Place, Seen

LOOKING = card("Looking", Progress((("reading pods", "running"),)), cluster=LABEL)
SCRIPT = "\n".join(f"kubectl -n shop get pods --selector=app=checkout-{n}" for n in range(400))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, "http") as opened:
        yield opened


def conversation(place: Place, thread: Seen) -> str:
    return f"slack:T0HOME:{place.id}:{thread.ts}"


def said(place: Place) -> list[str]:
    return [seen.words for seen in place.messages() if seen.user == "U0HILDA"]


async def test_no_answer_waits_behind_the_progress_of_others(office: Office) -> None:
    """Slack takes 50 updates a minute: a hundred questions get progress only as far as answers can take its place."""
    alice = office.slack.user("alice")
    places = [office.slack.channel(f"room-{number}", alice) for number in range(100)]
    where = [conversation(place, await alice.says(place, "a")) for place in places]
    for number, one in enumerate(where):
        await outbox.put(office.store, one, reply(f"k{number}:looking", LOOKING))
    async with asyncio.timeout(20):
        while await office.store.outbox.waiting("slack"):
            await asyncio.sleep(0.05)
    began = time.monotonic()

    for number, one in enumerate(where):
        answer = card("Because of the pool", cluster=LABEL)
        await outbox.put(office.store, one, reply(f"k{number}:answer:0", answer, f"k{number}:looking"))
    await office.settled()

    assert time.monotonic() - began < 15
    assert all(len(said(place)) == 1 and "Because of the pool" in said(place)[0] for place in places)
    assert 20 < len(office.slack.api.called("chat.update")) <= 50
    assert not office.slack.api.refused("chat.update")


async def test_where_slack_finds_it_too_fast_the_calls_after_it_wait(office: Office) -> None:
    """Another replica has used up the minute: one refusal is enough, for answers and for progress."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    pace = office.door.delivery.posting.pace  # type: ignore[attr-defined]
    one, other = await alice.says(shop, "a"), await alice.says(shop, "b")
    office.slack.refuse("chat.postMessage", "ratelimited", retry_after=3)
    await outbox.put(office.store, conversation(shop, one), reply("k1", card("word 1", cluster=LABEL)))
    async with asyncio.timeout(5):
        while not office.slack.api.refused("chat.postMessage"):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)

    began = time.monotonic()
    await outbox.put(office.store, conversation(shop, other), reply("k2", card("word 2", cluster=LABEL)))
    waits = pace.wait("chat.postMessage", shop.id), pace.wait("chat.postMessage", "C_ELSEWHERE")
    await office.settled()

    assert 2 < waits[0] < 3
    assert waits[1] == 0
    assert time.monotonic() - began > 2
    assert len(said(shop)) == 2


@pytest.mark.parametrize("broken", ["", "files.completeUploadExternal", "chat.update"])
async def test_a_file_comes_also_with_an_answer_that_takes_the_place_of_progress(office: Office, broken: str) -> None:
    """Once, also where the answer to a call was lost and the whole is tried again."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    await outbox.put(office.store, conversation(shop, asked), reply("k:looking", LOOKING))
    await shop.sees("reading pods", within=10)
    if broken:
        office.slack.lose_answers(broken)

    shown = card("The script", Text("Read it"), Code(SCRIPT), cluster=LABEL)
    await outbox.put(office.store, conversation(shop, asked), reply("k:answer:0", shown, "k:looking"))
    await office.settled()

    files = [(file.content or b"").decode() for seen in shop.thread(asked) for file in seen.files]
    assert files == [SCRIPT]
    assert sum("The script" in words for words in said(shop)) == 1
