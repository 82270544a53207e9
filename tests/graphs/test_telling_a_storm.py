"""A storm in words: how many, how bad, since when, in one message that changes as its incidents do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.cards import ClusterLabel, Table
from domain.conversations import below, incident_key, is_storm
from domain.findings import Severity
from graphs import storms
from graphs.desk import Desk
from graphs.words.incident import who
from graphs.words.storm import MOST_NAMED, storm_card
from store.incident_record import Incident
from store.record import Store
from store.storms import MOST

NOW = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
OPS = "slack:T1:C1"
CRASHING = Incident("i1", "k", "KubePodCrashLooping in shop", "c1", "", "open", NOW, NOW, severity="warning")
LABEL = ClusterLabel("prod-eu")


def test_its_first_line_is_enough_for_a_lock_screen() -> None:
    """The worst first, the oldest of them first; what is over comes last."""
    many = [
        replace(CRASHING, id="i1"),
        replace(CRASHING, id="i2", opened_at=NOW - timedelta(minutes=18), owner="slack:T1:U7"),
        replace(CRASHING, id="i3", state="resolved", severity="critical"),
        replace(CRASHING, id="i4", title="KubeAPIDown", severity="critical"),
    ]

    shown = storm_card(many, LABEL, NOW, "Europe/Berlin")

    assert shown.title == "4 more incidents since 04:12 CET: 1 critical, 2 warning firing"
    assert shown.tone == "bad"
    (table,) = [part for part in shown.parts if isinstance(part, Table)]
    assert [row[0] for row in table.rows] == ["i4", "i2", "i1", "i3"]
    assert table.rows[1][3] == f"open, {who('slack:T1:U7')}"


def test_of_hundreds_the_worst_are_named_and_the_rest_are_counted() -> None:
    """No line is lost without a word."""
    many = [replace(CRASHING, id=f"i{number}") for number in range(400)]

    shown = storm_card(many, LABEL, NOW, "UTC")

    (table,) = [part for part in shown.parts if isinstance(part, Table)]
    assert len(table.rows) == MOST_NAMED
    assert f"{400 - MOST_NAMED} more are not shown." in str(shown.parts)


def test_a_storm_that_is_over_says_so() -> None:
    shown = storm_card([replace(CRASHING, state="closed")], LABEL, NOW, "UTC")

    assert (shown.title, shown.tone) == ("1 incident since 03:30 UTC: none fires any more", "good")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "key" / "audit.key")
    yield opened
    await opened.close()


async def test_one_message_is_changed_in_place(store: Store) -> None:
    """Posted once, then updated; and only by the last of those that wait to have it told."""
    members = await _storm(store, 3)
    conversation = members[0].home
    for number in range(2):
        await store.jobs.put(f"k{number}", "incident@c1", {}, conversation)
    desk = cast("Desk", SimpleNamespace(store=store, label=LABEL, clock=lambda: NOW))

    hushed = [reply async for reply in storms.tell(desk, members[0], conversation, "UTC")]
    await _work_off(store)
    (posted,) = [reply async for reply in storms.tell(desk, members[0], conversation, "UTC")]
    (updated,) = [reply async for reply in storms.tell(desk, members[1], conversation, "UTC")]

    assert hushed == []
    assert (posted.key, posted.replaces) == (conversation.rpartition("@")[2], "")
    assert (updated.key, updated.replaces) == (f"{posted.key}:{members[1].newest}", posted.key)


async def _storm(store: Store, size: int) -> list[Incident]:
    shared: list[Incident] = []
    for number in range(MOST + size):
        found = await store.incidents.open_or_join(f"alerts|c1|n{number}|AlertGroup|x", f"Alert {number}", "c1", "")
        await store.incident_states.raise_severity(found.id, Severity.warning)
        own = (below(OPS, incident_key(found.id)),)
        if is_storm((await store.storms.announce(found.id, own, Severity.warning))[0]):
            incident = await store.incidents.get(found.id)
            assert incident is not None
            shared.append(incident)
    return shared


async def _work_off(store: Store) -> Any:
    while job := await store.jobs.claim("w1", 30):
        await store.jobs.finish(job)
