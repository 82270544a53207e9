"""Threads that a post of ours begins: found by any of its messages, and remembered when other posts are forgotten."""

from datetime import timedelta

import pytest

from domain.conversations import below, incident_key
from store.record import Store

KEY = incident_key("i0123456789")
HOME = below("slack:T0:C0OPS", KEY)


async def said(store: Store, key: str, conversation: str, post: str) -> None:
    await store.outbox.put(key, conversation, "slack", {})
    await store.outbox.sent(key, post)


@pytest.mark.parametrize("kept_as", ["C0OPS/1700000000.000100", "C0OPS/1700000000.000100/1700000000.000200"])
async def test_a_thread_leads_to_the_conversation_that_began_it(kept_as: str, store: Store) -> None:
    """By its first message; what was said below it, or beside it, begins nothing."""
    await said(store, KEY, HOME, kept_as)
    await said(store, "details", HOME, "C0OPS/1700000000.000300")
    await said(store, "answer", "slack:T0:C0OPS:1700000000.000400", "C0OPS/1700000000.000400")

    found = [await store.outbox.conversation_of(f"C0OPS/1700000000.000{n}00") for n in (1, 3, 4, 5)]

    assert found == [HOME, "", "", ""]
    assert await store.outbox.conversation_of("C0OPS/1700000000.0001") == ""


async def test_what_begins_an_incidents_thread_is_not_forgotten(store: Store) -> None:
    """However old it is: what is said of the incident next has to find it."""
    await said(store, KEY, HOME, "C0OPS/1700000000.000100")
    await said(store, "details", HOME, "C0OPS/1700000000.000300")

    await store.outbox.prune(timedelta(seconds=-60))

    assert await store.outbox.post_of(KEY) == "C0OPS/1700000000.000100"
    assert await store.outbox.post_of("details") == ""
