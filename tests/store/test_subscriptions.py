"""Subscriptions: every report once, at its hour, however many processes ask and however long nobody did."""

import asyncio
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import update

from domain.findings import Severity
from domain.people import Person
from domain.subscriptions import Filters
from store.clock import to_micros
from store.record import Store
from store.schema import subscription

SHOP = "slack:T1:C1:"
ALICE = Person("slack", "T1", "U1")
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
EIGHT = time(8)


async def subscribed(store: Store, conversation: str = SHOP, *, zone: str = "UTC", at: datetime = MONDAY) -> None:
    """As if asked for at that moment."""
    await store.subscriptions.subscribe("c1", conversation, EIGHT, zone, Filters(), ALICE)
    async with store.database.begin() as tx:
        asked_for = update(subscription).where(subscription.c.conversation == conversation)
        await tx.execute(asked_for.values(at=to_micros(at)))


async def moments(store: Store) -> list[str]:
    """When the reports were due that jobs were put for, in order."""
    found = []
    while job := await store.jobs.claim("w", 30):
        found.append(job.payload["at"])
        await store.jobs.finish(job)
    return found


async def test_what_was_asked_for_is_kept_and_the_last_word_counts(store: Store) -> None:
    await store.subscriptions.subscribe("c1", SHOP, EIGHT, "UTC", Filters(), ALICE)
    filters = Filters(("shop", "payments"), Severity.critical)

    await store.subscriptions.subscribe("c1", SHOP, time(21, 30), "Europe/Berlin", filters, ALICE)

    (found,) = await store.subscriptions.list("c1")
    assert (found.at, found.zone, found.filters, found.by) == (time(21, 30), "Europe/Berlin", filters, str(ALICE))
    assert await store.subscriptions.list("c2") == ()
    assert [entry.what for entry in await store.audit.about(SHOP)] == ["subscribed", "subscribed"]


async def test_who_unsubscribes_gets_nothing_more(store: Store) -> None:
    await subscribed(store)

    assert await store.subscriptions.unsubscribe("c1", SHOP, ALICE)
    assert not await store.subscriptions.unsubscribe("c1", SHOP, ALICE)

    assert await store.subscriptions.put_due("c1", MONDAY + timedelta(days=1), "w") == 0


async def test_what_was_due_before_it_was_asked_for_is_not_made_up(store: Store) -> None:
    """Subscribed at noon for eight: nothing at once, the first one tomorrow."""
    await subscribed(store)

    now = await store.subscriptions.put_due("c1", MONDAY + timedelta(minutes=1), "w")
    tomorrow = await store.subscriptions.put_due("c1", MONDAY + timedelta(hours=20, seconds=5), "w")

    assert (now, tomorrow) == (0, 1)
    assert await moments(store) == ["2026-03-03T08:00:00+00:00"]


async def test_of_many_who_ask_one_puts_it(store: Store, database_url: str) -> None:
    await subscribed(store)
    other = await Store.open(database_url, store.audit_key.path)
    eight = MONDAY + timedelta(hours=20)
    try:
        put = await asyncio.gather(
            *(one.subscriptions.put_due("c1", eight, "w") for one in (store, other) for _ in range(3))
        )
    finally:
        await other.close()

    assert sum(put) == 1
    assert await moments(store) == ["2026-03-03T08:00:00+00:00"]


async def test_after_days_away_the_latest_one_is_made_up_once(store: Store) -> None:
    await subscribed(store)

    for seconds in (0, 15, 30):
        await store.subscriptions.put_due("c1", MONDAY + timedelta(days=4, hours=3, seconds=seconds), "w")

    assert await moments(store) == ["2026-03-06T08:00:00+00:00"]


async def test_what_was_told_is_not_told_again_although_its_slot_is_forgotten(store: Store) -> None:
    await subscribed(store)
    eight = MONDAY + timedelta(hours=20)
    await store.subscriptions.put_due("c1", eight, "w")
    await store.subscriptions.told("c1", SHOP, eight + timedelta(seconds=20))
    await store.slots.prune(timedelta(0))

    assert await store.subscriptions.put_due("c1", eight + timedelta(hours=1), "w") == 0


async def test_a_slot_that_was_taken_stays_so_although_its_job_is_forgotten(store: Store) -> None:
    await subscribed(store)
    eight = MONDAY + timedelta(hours=20)
    await store.subscriptions.put_due("c1", eight, "w")
    assert len(await moments(store)) == 1
    await store.jobs.prune(timedelta(0))

    assert await store.subscriptions.put_due("c1", eight + timedelta(hours=1), "w") == 0
    assert await store.jobs.waiting() == 0


async def test_a_week_around_a_clock_change_has_seven_reports(store: Store) -> None:
    """Berlin in October: asked every two hours; one report a day, at eight by the clock on the wall."""
    start = datetime(2026, 10, 22, 12, tzinfo=UTC)
    await subscribed(store, zone="Europe/Berlin", at=start)

    for hours in range(0, 24 * 7, 2):
        await store.subscriptions.put_due("c1", start + timedelta(hours=hours), "w")

    found = await moments(store)
    assert len(found) == 7
    assert [moment[11:16] for moment in found] == ["06:00"] * 2 + ["07:00"] * 5


async def test_a_thousand_channels_are_served_at_the_same_hour(store: Store) -> None:
    """All put by one of two replicas or the other, none twice; others can write meanwhile."""
    async with store.database.begin() as tx:
        rows = [
            {
                "conversation": f"slack:T1:C{number}:",
                "what": "report@c1",
                "hour": "08:00",
                "zone": "UTC",
                "filters": {},
                "by": "",
                "at": to_micros(MONDAY),
            }
            for number in range(1000)
        ]
        await tx.execute(subscription.insert(), rows)
    eight = MONDAY + timedelta(hours=20)

    one, _, other = await asyncio.gather(
        store.subscriptions.put_due("c1", eight, "a"),
        store.journal.append("else", "written"),
        store.subscriptions.put_due("c1", eight, "b"),
    )

    assert one + other == 1000
    assert await store.jobs.waiting() == 1000
