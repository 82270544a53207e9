"""Whose an incident is and how far: each step once, whoever takes it first, with its line in the timeline."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.conversations import below, incident_key
from domain.findings import Severity
from store.incident_record import Incident
from store.record import Store

KEY, OTHER = "image-pull|c1|shop|Deployment|web", "crash-loop|c1|shop|Deployment|cart"
NOW = datetime(2026, 3, 12, 14, 3, tzinfo=UTC)


async def opened(store: Store, key: str = KEY) -> Incident:
    return await store.incidents.open_or_join(key, "web is down", "c1", "alerts:g")


async def now(store: Store, incident: Incident) -> Incident:
    found = await store.incidents.get(incident.id)
    assert found is not None
    return found


async def test_of_many_who_acknowledge_one_did(store: Store) -> None:
    """The others change nothing; who takes it later does not become who saw it first."""
    incident = await opened(store)

    did = await asyncio.gather(*(store.incident_states.acknowledge(incident.id, f"slack:T:U{n}") for n in range(4)))
    await store.incident_states.take(incident.id, "slack:T:U9", "slack:T:U9")

    after = await now(store, incident)
    assert sum(did) == 1
    assert after.acknowledged_by == f"slack:T:U{did.index(True)}"
    assert (after.state, after.owner) == ("acknowledged", "slack:T:U9")
    assert [line.kind for line in after.timeline] == ["opened", "acknowledged", "taken"]


async def test_it_is_resolved_and_fires_again_and_stays_acknowledged(store: Store) -> None:
    """Only what was resolved can fire again, and only what fires can be resolved."""
    incident, states = await opened(store), store.incident_states
    await states.acknowledge(incident.id, "slack:T:U1")

    steps = [
        await states.reopen(incident.id, "again"),
        await states.resolve(incident.id, NOW, "quiet"),
        await states.resolve(incident.id, NOW + timedelta(minutes=1), "quiet"),
    ]
    assert (await now(store, incident)).resolved_at == NOW
    steps.append(await states.reopen(incident.id, "again"))

    after = await now(store, incident)
    assert steps == [False, True, False, True]
    assert (after.state, after.resolved_at) == ("acknowledged", None)


async def test_what_is_over_stays_as_it_was(store: Store) -> None:
    """No step changes it any more."""
    incident, states = await opened(store), store.incident_states
    await store.incidents.close(incident.id, "a rehearsal")
    before = await now(store, incident)

    steps = [
        await states.acknowledge(incident.id, "slack:T:U1"),
        await states.take(incident.id, "slack:T:U1", "slack:T:U1"),
        await states.snooze(incident.id, NOW, "slack:T:U1"),
        await states.resolve(incident.id, NOW, "quiet"),
        await states.reopen(incident.id, "again"),
        await states.raise_severity(incident.id, Severity.critical),
        await states.found_cause(incident.id, OTHER, "cart crashes"),
        await states.merge(incident.id, (await opened(store, OTHER)).id, "slack:T:U1"),
    ]

    assert not any(steps)
    assert await now(store, incident) == before


async def test_severity_only_rises(store: Store) -> None:
    """What was critical once is remembered as that."""
    incident, states = await opened(store), store.incident_states

    steps = [await states.raise_severity(incident.id, Severity[name]) for name in ("warning", "critical", "warning")]

    assert steps == [True, True, False]
    assert (await now(store, incident)).severity == "critical"


async def test_a_cause_found_later_names_it_unless_another_has_it(store: Store) -> None:
    """One cause has one living incident, from whichever side it is come to."""
    first, second = (
        await opened(store, "alerts|c1|shop|AlertGroup|a"),
        await opened(store, "alerts|c1|shop|AlertGroup|b"),
    )

    assert await store.incident_states.found_cause(first.id, KEY, "web cannot pull")
    assert not await store.incident_states.found_cause(second.id, KEY, "web cannot pull")

    assert (await opened(store)).id == first.id
    assert (await now(store, first)).title == "web cannot pull"


async def test_merged_twice_it_leads_to_where_it_goes_on(store: Store) -> None:
    """Whatever was merged into it goes with it, and so does what comes of its cause later."""
    web, cart, third = await opened(store), await opened(store, OTHER), await opened(store, "dns|c1||Service|dns")

    assert await store.incident_states.merge(web.id, cart.id, "slack:T:U1")
    assert await store.incident_states.merge(cart.id, third.id, "slack:T:U1")
    assert not await store.incident_states.merge(third.id, third.id, "slack:T:U1")

    assert (await opened(store)).id == third.id
    assert (await now(store, web)).merged_into == third.id
    assert [line.kind for line in (await now(store, third)).timeline].count("joined") == 1


async def test_a_conversation_leads_to_its_incident(store: Store) -> None:
    """By its name, in each place where it is announced; or because it was opened there."""
    incident = await opened(store)

    for number in (0, 1):
        where = below("slack:T0:C0", incident_key(incident.id, number))
        found = await store.incidents.of_conversation(where)
        assert found is not None
        assert found.id == incident.id
    assert (await store.incidents.of_conversation("alerts:g")) is not None
    assert await store.incidents.of_conversation("slack:T0:C0:1.2") is None
