"""`/hilda mute`: a channel hears nothing unasked for a while, and everybody in it sees who wanted that."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.doors.spans import end_of
from domain.people import Person, Role
from tests.bot.doors.slack.made_up import Office, open_office
from tests.fakes.slack.driver import Person as Someone

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("2h", 2),
        ("for 90 minutes", 1.5),
        ("1 day", 24),
        ("7d", 168),
        ("until 17:00", 4),
        ("until 9", 20),
        ("till 13", 24),
    ],
)
def test_until_is_understood_in_the_zone_of_who_asks(words: str, hours: float) -> None:
    """At noon UTC it is one o'clock in Berlin."""
    assert end_of(words, NOON, "Europe/Berlin") == NOON + timedelta(hours=hours)


@pytest.mark.parametrize("words", ["8d", "0m", "9999h", "forever", "until 25:00", "2h please", "-2h", "until"])
def test_what_is_no_end_is_none(words: str) -> None:
    assert end_of(words, NOON, "UTC") is None


async def test_a_muted_channel_sees_who_wanted_that_and_until_when(tmp_path: Path) -> None:
    async with open_office(tmp_path, "http") as office:
        alice, bob = await known(office, "alice", Role.developer), office.slack.user("bob")
        shop = office.slack.channel("shop", alice, bob)
        where = f"slack:T0HOME:{shop.id}:"

        await alice.runs("/hilda mute 2h", shop)
        told = await shop.sees("say nothing here that nobody asks for", by=bob)
        until = await office.store.mutes.until(where)
        await alice.runs("/hilda mute", shop)
        await shop.sees("Nothing unasked here until", by=alice)
        await alice.runs("/hilda mute off", shop)
        await shop.sees("I speak up here again", by=bob)

        assert "@alice" in told.words
        assert until is not None
        assert timedelta(minutes=119) < until - datetime.now(UTC) <= timedelta(hours=2)
        assert await office.store.mutes.until(where) is None


async def test_a_viewer_mutes_only_their_own_conversation(tmp_path: Path) -> None:
    """And what is no time is asked for again."""
    async with open_office(tmp_path, "socket") as office:
        eve = office.slack.user("eve")
        shop, direct = office.slack.channel("shop", eve), office.slack.direct(eve)

        await eve.runs("/hilda mute 1d", shop)
        await shop.sees("needs developer", by=eve)
        await eve.runs("/hilda mute next week", direct)
        await direct.sees("do not understand", by=eve)
        await eve.runs("/hilda mute 1d", direct)
        await direct.sees("say nothing here that nobody asks for")

        assert await office.store.mutes.until(f"slack:T0HOME:{shop.id}:") is None
        assert await office.store.mutes.until(f"slack:T0HOME:{direct.id}:") is not None


async def known(office: Office, name: str, role: Role) -> Someone:
    someone = office.slack.user(name)
    await office.store.identities.bind(Person("slack", "T0HOME", someone.id), role, "test")
    return someone
