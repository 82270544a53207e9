"""A script that runs is seen running in its thread, and what was decided offers nothing any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import outbox
from domain.cards import Choice, Choices, Facts, card
from tests.bot.doors.slack.made_up import CLUSTER, LABEL, Office, open_office, reply
from tests.store import making


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, "socket") as opened:
        yield opened


async def test_the_steps_stand_in_one_message_and_the_way_back_goes_once_it_is_claimed(office: Office) -> None:
    """Until then it can still be revoked: waiting for an executor changes nothing."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    asked = await alice.says(shop, "a")
    where = f"slack:T0HOME:{shop.id}:{asked.ts}"
    made = making.proposal(cluster=CLUSTER, conversation=where)
    await office.store.proposals.propose(made)
    key, tell = f"proposal:{made.id}", office.store.journal.append
    decided = card("Approved", Facts((("By", "lead"),)), Choices((Choice("Revoke", "revoke", made.id),)), cluster=LABEL)
    await outbox.put(office.store, where, reply(key, card("Proposal", cluster=LABEL)))
    await outbox.put(office.store, where, reply(f"{key}:decided", decided, key))

    await tell(key, "waiting", {"why": "nothing can run it"})
    await shop.sees("waiting: nothing can run it")
    assert (await shop.sees("Approved")).buttons == ["Revoke"]
    for event, payload in (("claimed", {}), ("started", {}), ("finished", {"state": "finished"})):
        await tell(key, event, payload)
        await shop.sees(lambda seen, word=event: f"{word}" in seen.words)

    over = await shop.sees(lambda seen: "Approved" in seen.words and not seen.buttons)
    assert "lead" in over.words
    await office.settled()
    assert len(shop.thread(asked)) == 3
