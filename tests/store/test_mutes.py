"""Where nobody wants to hear anything unasked: until when, who said so, and that it ends by itself."""

from datetime import UTC, datetime, timedelta

from domain.people import Person
from store.record import Store

CHANNEL, OTHER = "slack:T1:C1:", "slack:T1:C2:"
ALICE = Person("slack", "T1", "U1")


async def test_a_channel_is_muted_until_it_is_time(store: Store) -> None:
    """The later word counts; another channel hears on; what has passed is over by the database's clock."""
    now = datetime.now(UTC)
    await store.mutes.mute(CHANNEL, now + timedelta(hours=1), ALICE)
    await store.mutes.mute(CHANNEL, now + timedelta(hours=3), ALICE)
    await store.mutes.mute(OTHER, now - timedelta(seconds=1), ALICE)

    assert await store.mutes.until(CHANNEL) == now + timedelta(hours=3)
    assert await store.mutes.until(OTHER) is None


async def test_who_muted_and_who_ended_it_is_in_the_audit(store: Store) -> None:
    await store.mutes.mute(CHANNEL, datetime.now(UTC) + timedelta(hours=1), ALICE)

    assert await store.mutes.unmute(CHANNEL, ALICE)
    assert not await store.mutes.unmute(CHANNEL, ALICE)
    said = [(entry.who, entry.what, entry.subject) for entry in await store.audit.tail()]
    assert said == [(str(ALICE), "muted", CHANNEL), (str(ALICE), "unmuted", CHANNEL)]
    assert await store.mutes.until(CHANNEL) is None
