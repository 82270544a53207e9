"""What Hilda says reaches Slack: once, in order, within Slack's limits, and through its bad days."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import outbox
from bot.doors.slack.render.card import draw
from bot.doors.slack.render.post import View
from domain.cards import Card, Chart, Code, Progress, Series, Text, card
from domain.messages import Incoming, Message, Reply
from domain.people import Person
from tests.bot.doors.slack.made_up import LABEL, Office, office_at, open_office, reply
from tests.fakes.slack.driver import Place, Seen


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, "socket") as opened:
        yield opened


def conversation(place: Place, thread: Seen | None = None) -> str:
    return f"slack:T0HOME:{place.id}:{thread.ts if thread else ''}"


def words(place: Place) -> list[str]:
    return [seen.words for seen in place.messages() if seen.user == "U0HILDA"]


async def say(office: Office, where: str, *texts: str) -> None:
    for text in texts:
        await outbox.put(office.store, where, reply(f"k:{where}:{text}", card(text, cluster=LABEL)))


async def test_a_thread_keeps_its_order_and_threads_do_not_wait_for_each_other(office: Office) -> None:
    """One thread that Slack keeps waiting holds back nobody else."""
    alice = office.slack.user("alice")
    slow, quick = office.slack.channel("slow", alice), office.slack.channel("quick", alice)
    one, other = await alice.says(slow, "a"), await alice.says(quick, "b")
    numbers = [f"word {n:02d}" for n in range(12)]

    await say(office, conversation(slow, one), *numbers)
    await say(office, conversation(quick, other), "quick word")
    await quick.sees("quick word", within=2)
    assert len(words(slow)) < len(numbers)
    await office.settled()

    said = [next(n for n in numbers if n in found) for found in words(slow)]
    assert said == numbers
    assert not office.slack.api.refused("chat.postMessage")


async def test_progress_that_is_out_of_date_is_left_out(office: Office) -> None:
    """A hundred steps are not a hundred updates, and the answer stands where the first word stood."""

    async def busy(incoming: Incoming) -> AsyncIterator[Reply]:
        first = f"{incoming.id}:looking"
        for number in range(100):
            shown = card("Looking", Progress(((f"{number} pods read", "running"),)), cluster=LABEL)
            yield reply(f"{first}:{number}" if number else first, shown, first if number else "")
        yield reply(f"{incoming.id}:answer:0", card("Because of the pool", cluster=LABEL), first)

    office.on_reply(busy)
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "@hilda why?")

    await office.settled()

    assert len(shop.thread(asked)) == 2
    assert "Because of the pool" in shop.thread(asked)[1].words
    assert len(office.slack.api.called("chat.update")) < 30


async def test_slack_down_for_ten_minutes_is_said_later_in_order_once(office: Office) -> None:
    """Nothing is lost, nothing is said twice, and readiness says what is the matter meanwhile."""
    alice = office.slack.user("alice")
    shop, ops = office.slack.channel("shop", alice), office.slack.channel("ops", alice)
    one, other = await alice.says(shop, "a"), await alice.says(ops, "b")
    office.door.delivery.clock = office.slack.clock.now
    await office.slack.outage()

    await say(office, conversation(shop, one), "first", "second", "third")
    await say(office, conversation(ops, other), "fourth")
    async with asyncio.timeout(10):
        while not await office.door.trouble():
            await asyncio.sleep(0.02)
    for _ in range(4):
        tried = office.slack.api.turned_away
        office.slack.clock.forward(150)
        await asyncio.sleep(1.5)
        assert office.slack.api.turned_away - tried <= 2
    office.slack.recover()
    office.slack.clock.forward(10)
    await office.settled()

    assert [name for found in words(shop) for name in ("first", "second", "third") if name in found] == [
        "first",
        "second",
        "third",
    ]
    assert len(words(ops)) == 1
    async with asyncio.timeout(30):
        while await office.door.trouble():
            await asyncio.sleep(0.05)


async def test_an_answer_that_was_lost_does_not_make_a_second_message(office: Office) -> None:
    """Slack posted it and we never heard so: it is found again by its key."""
    alice = office.slack.user("alice")
    shop, direct = office.slack.channel("shop", alice), office.slack.direct(alice)
    asked = await alice.says(shop, "a")

    for where, place in ((conversation(shop, asked), shop), (conversation(direct), direct)):
        office.slack.lose_answers("chat.postMessage")
        await say(office, where, "only once")
        await office.settled()
        assert len(words(place)) == 1


async def test_too_fast_waits_as_long_as_slack_says(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    office.slack.refuse("chat.postMessage", "ratelimited", retry_after=2)
    began = asyncio.get_running_loop().time()

    await say(office, conversation(shop, asked), "patience")
    await office.settled()

    assert asyncio.get_running_loop().time() - began >= 2
    assert len(words(shop)) == 1
    assert len(office.slack.api.refused("chat.postMessage")) == 1


async def test_a_channel_that_is_gone_is_said_once_to_who_asked(office: Office) -> None:
    """No retry storm: one try each, one word in the direct conversation, with what to do."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice, private=True)
    asked = await alice.says(shop, "@hilda status")
    await office.settled()
    await office.store.conversations.heard(conversation(shop, asked), office.answers.heard[0].author, "status", "1")  # type: ignore[union-attr]
    await shop.kicks_the_bot()

    await say(office, conversation(shop, asked), "one", "two", "three")
    await office.settled()

    direct = office.slack.direct(alice)
    assert len(words(direct)) == 1
    assert "/invite" in words(direct)[0]
    assert len(office.slack.api.refused("chat.postMessage")) == 3


async def test_a_revoked_token_is_said_once_and_stops_everything(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """What there is to say waits for a person to mend it; readiness says why."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    threads = [await alice.says(shop, str(number)) for number in range(5)]
    office.slack.app.state = "revoked"

    for thread in threads:
        await say(office, conversation(shop, thread), "waits")
    async with asyncio.timeout(10):
        while "token_revoked" not in await office.door.trouble():
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)  # what was on its way to Slack already
    calls = len(office.slack.api.calls)
    await asyncio.sleep(2)

    assert len(office.slack.api.calls) == calls
    assert await office.store.outbox.waiting("slack") == 5
    assert capsys.readouterr().out.count("install the app again") == 1


async def test_a_token_that_is_good_again_lets_everything_out_by_itself(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each once and in order; nobody has to start anything again, and the log has one line each way."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    office.door.delivery.clock = office.slack.clock.now
    office.slack.app.state = "revoked"
    await say(office, conversation(shop, asked), "first", "second", "third")
    async with asyncio.timeout(10):
        while "token_revoked" not in await office.door.trouble():
            await asyncio.sleep(0.02)
    for _ in range(3):
        tried = len(office.slack.api.calls)
        office.slack.clock.forward(31)
        await asyncio.sleep(0.5)
        assert len(office.slack.api.calls) - tried == 1

    office.slack.app.state = "installed"
    office.slack.clock.forward(31)
    await office.settled()

    said = [next(name for name in ("first", "second", "third") if name in found) for found in words(shop)]
    told = capsys.readouterr().out
    assert said == ["first", "second", "third"]
    assert await office.door.trouble() == ""
    assert told.count("takes nothing from us") == 1
    assert told.count("takes our token again") == 1


async def test_blocks_that_slack_refuses_are_said_as_text(office: Office) -> None:
    """Never silence: all words of the card, without its looks."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    office.slack.refuse("chat.postMessage", "invalid_blocks")
    shown = card("Pool exhausted", Text("Raise it"), Code("kubectl scale deploy/checkout --replicas=3"), cluster=LABEL)

    await outbox.put(office.store, conversation(shop, asked), reply("plain", shown))
    await office.settled()

    (said,) = words(shop)
    assert "Pool exhausted" in said
    assert "kubectl scale deploy/checkout --replicas=3" in said


async def test_what_is_for_one_person_is_seen_by_nobody_else(office: Office) -> None:
    """In the thread where they can see it there, in their direct conversation where they are not in the channel."""
    alice, bob, carol = (office.slack.user(name) for name in ("alice", "bob", "carol"))
    shop = office.slack.channel("shop", alice, bob)
    asked = await alice.says(shop, "a")
    for person in (bob, carol):
        told = card(f"You are not allowed, {person.user.name}", cluster=LABEL)
        who = Person("slack", "T0HOME", person.id)
        await outbox.put(office.store, conversation(shop, asked), reply(person.id, told, audience="person", person=who))
    await office.settled()

    assert await shop.sees("not allowed, bob", by=bob)
    assert words(shop) == []
    assert len(words(office.slack.direct(carol))) == 1


def with_a_chart(*more: Code) -> Card:
    start = datetime(2026, 3, 12, 13, 50, tzinfo=UTC)
    points = tuple((start + timedelta(minutes=n), float(n)) for n in range(40))
    return card("Latency", Chart("p99", "s", (Series("checkout", points),)), *more, cluster=LABEL)


async def test_charts_are_slacks_own_where_the_workspace_has_them(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")

    await outbox.put(office.store, conversation(shop, asked), reply("chart", with_a_chart()))
    await office.settled()

    (said,) = shop.thread(asked)[1:]
    (chart,) = [block for block in said.blocks if block["type"] == "data_visualization"]
    assert len(chart["chart"]["axis_config"]["categories"]) == 20
    assert said.files == []


async def test_a_workspace_that_refuses_slacks_own_charts_gets_pictures_and_is_not_asked_again(office: Office) -> None:
    """Nothing is said twice on the way, and nothing becomes text for it."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    office.slack.app.data_visualization = False

    for name in ("one", "two"):
        await outbox.put(office.store, conversation(shop, asked), reply(name, with_a_chart()))
        await office.settled()

    assert [block["type"] for seen in shop.thread(asked) for block in seen.blocks].count("image") == 2
    assert len(shop.thread(asked)) == 3
    assert len(office.slack.api.refused("chat.postMessage")) == 1


async def test_what_was_out_before_slack_refused_the_rest_is_not_said_again(office: Office) -> None:
    """A card of several messages whose second one is refused becomes text where it stands."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    long = card("Long", *(Text(f"part-{number:02d} " + "word " * 500) for number in range(12)), cluster=LABEL)
    parts = len(draw(long, View()))
    office.slack.answer_late("chat.postMessage", 0.0)
    office.slack.refuse("chat.postMessage", "invalid_blocks")

    await outbox.put(office.store, conversation(shop, asked), reply("long", long))
    await office.settled()

    assert parts > 1
    said = "\n".join(words(shop))
    assert all(said.count(f"part-{number:02d}") == 1 for number in range(12))


async def test_pictures_stand_in_the_message_and_long_scripts_beside_it(office: Office) -> None:
    """A chart is uploaded first, since the message names it; the whole of a long script is a file in the thread."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    script = "\n".join(f"kubectl -n shop get pods --selector=app=checkout-{n}" for n in range(400))
    office.slack.app.data_visualization = False

    await outbox.put(office.store, conversation(shop, asked), reply("chart", with_a_chart(Code(script))))
    await office.settled()

    files = [file for seen in shop.thread(asked) for file in seen.files]
    pictures = [block for seen in shop.thread(asked) for block in seen.blocks if block["type"] == "image"]
    assert len(pictures) == 1
    assert script in [(file.content or b"").decode() for file in files if not file.is_image]


async def test_a_post_that_somebody_deleted_is_posted_anew(office: Office) -> None:
    """And what comes next updates the new one."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    where = conversation(shop, asked)
    await outbox.put(office.store, where, reply("p", card("Proposal", cluster=LABEL)))
    await office.settled()
    shop.channel.messages[:] = [one for one in shop.channel.messages if not one.bot_id]

    await outbox.put(office.store, where, reply("p:decided", card("Approved", cluster=LABEL), "p"))
    await office.settled()
    await outbox.put(office.store, where, reply("p:outcome", card("Helped", cluster=LABEL), "p"))
    await office.settled()

    (said,) = words(shop)
    assert "Helped" in said


@pytest.mark.parametrize("how", ["refreshed", "cut"])
async def test_a_websocket_that_ends_is_opened_again(office: Office, how: str) -> None:
    """Whether Slack says so or the network breaks; what is said afterwards is heard."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    if how == "refreshed":
        await office.slack.sockets.disconnect("refresh_requested")
    else:
        await office.slack.sockets.drop()

    await office.slack.sockets.connected(within=20)
    await alice.says(shop, "@hilda status")

    assert await shop.sees("You said: status")


async def test_two_replicas_answer_each_question_once(tmp_path: Path) -> None:
    """Same store, two connections: Slack gives each event to one of them, and the answer is posted once."""
    async with (
        open_office(tmp_path, "socket") as one,
        office_at(one.slack, tmp_path, "socket") as other,
    ):
        await one.slack.sockets.connected(2)
        alice = one.slack.user("alice")
        shop = one.slack.channel("shop", alice)

        asked = [await alice.says(shop, f"@hilda question {number}") for number in range(6)]
        await one.settled()

        assert all(len(shop.thread(question)) == 2 for question in asked)
        assert sorted(one.answers.texts) + sorted(other.answers.texts) != []
        assert len(one.answers.heard) + len(other.answers.heard) == 6


async def test_a_slow_call_is_waited_for_by_the_other_replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lives keeps what it is saying, however long Slack takes."""
    monkeypatch.setattr("bot.doors.delivery.LEASE_SECONDS", 0.9)
    async with open_office(tmp_path, "http") as one, office_at(one.slack, tmp_path, "http"):
        alice = one.slack.user("alice")
        shop = one.slack.channel("shop", alice)
        asked = await alice.says(shop, "a")
        one.slack.answer_late("chat.postMessage", 2.5)

        await say(one, conversation(shop, asked), "only once")
        await asyncio.sleep(3)
        await one.settled()

    assert len(words(shop)) == 1
    assert len(one.slack.api.called("chat.postMessage")) == 1


async def test_the_worker_hears_stop_on_whichever_replica_it_works(tmp_path: Path) -> None:
    """Stop pressed at one replica ends the work of the other."""
    begun = asyncio.Event()

    async def endless(incoming: Incoming) -> AsyncIterator[Reply]:
        assert isinstance(incoming, Message)
        begun.set()
        await asyncio.sleep(60)
        yield reply(f"{incoming.id}:answer:0", card("never", cluster=LABEL))

    async with (
        open_office(tmp_path, "socket", endless) as one,
        office_at(one.slack, tmp_path, "socket", endless) as other,
    ):
        alice = one.slack.user("alice")
        shop = one.slack.channel("shop", alice)
        asked = await alice.says(shop, "@hilda why?")
        await begun.wait()
        author = (one.answers.heard + other.answers.heard)[0].author  # type: ignore[union-attr]

        for office in (one, other):
            await office.door.stop(conversation(shop, asked), author)
        await one.settled()

        assert await shop.sees("stopped")
