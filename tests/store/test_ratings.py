"""One voice for each person and answer, however often a thumb is pressed."""

import asyncio

from domain.people import Person
from store.record import Store

ALICE, BOB = Person("slack", "T1", "U1"), Person("slack", "T1", "U2")
ANSWER = "slack:T1:C1:1700000000.000100/1700000001.000200"


async def test_the_same_thumb_twice_is_one_voice(store: Store) -> None:
    """Also when both arrive at once, and whatever others think."""
    heard = await asyncio.gather(*(store.ratings.rate(ANSWER, ALICE, "helped") for _ in range(5)))

    assert sorted(heard) == [False, False, False, False, True]
    assert await store.ratings.rate(ANSWER, BOB, "helped")
    assert await store.ratings.rate(f"{ANSWER}0", ALICE, "helped")
    assert [row.who for row in await store.audit.about(ANSWER)] == [str(ALICE), str(BOB)]


async def test_who_changes_their_mind_is_heard_again(store: Store) -> None:
    """The last word counts, and says what it takes the place of; a reason is added once."""
    await store.ratings.rate(ANSWER, ALICE, "helped")
    assert await store.ratings.rate(ANSWER, ALICE, "missed")
    assert await store.ratings.rate(ANSWER, ALICE, "missed", "it was the database")
    assert not await store.ratings.rate(ANSWER, ALICE, "missed", "it was the database")
    assert not await store.ratings.rate(ANSWER, ALICE, "missed")

    rows = await store.audit.about(ANSWER)
    assert [(row.result, row.why, row.details) for row in rows] == [
        ("helped", "", {}),
        ("missed", "", {"instead_of": "helped"}),
        ("missed", "it was the database", {}),
    ]
