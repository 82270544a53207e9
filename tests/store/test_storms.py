"""A place is told of so many incidents one by one; what comes then shares one conversation there."""

import asyncio

from domain.conversations import below, incident_key, is_storm
from domain.findings import Severity
from store.record import Store
from store.storms import MOST

OPS = "slack:T1:C1"
OTHER = "slack:T1:C2"


async def opened(store: Store, number: int, severity: Severity = Severity.warning) -> str:
    incident = await store.incidents.open_or_join(f"alerts|c1|n{number}|AlertGroup|x", f"Alert {number}", "c1", "")
    await store.incident_states.raise_severity(incident.id, severity)
    return incident.id


async def announced(
    store: Store, number: int, severity: Severity = Severity.warning, place: str = OPS
) -> tuple[str, ...]:
    incident = await opened(store, number, severity)
    return await store.storms.announce(incident, (below(place, incident_key(incident)),), severity)


async def test_the_first_ones_are_told_one_by_one_and_the_rest_together(store: Store) -> None:
    """All that are too many share the conversation that the first of them began."""
    conversations = [await announced(store, number) for number in range(MOST + 3)]

    single, shared = conversations[:MOST], conversations[MOST:]
    assert len(set(single)) == MOST
    assert not any(is_storm(each) for (each,) in single)
    assert len(set(shared)) == 1
    assert is_storm(shared[0][0])
    assert len(await store.storms.members(shared[0][0])) == 3


async def test_a_storm_of_warnings_does_not_hide_what_is_critical(store: Store) -> None:
    """It is told by itself, as long as there are not too many of its kind."""
    for number in range(MOST + 1):
        await announced(store, number)

    critical = [await announced(store, 100 + number, Severity.critical) for number in range(MOST + 1)]

    assert [is_storm(each) for (each,) in critical] == [False] * MOST + [True]


async def test_a_storm_in_one_place_is_none_in_another(store: Store) -> None:
    """An incident that goes to both is told by itself where it is calm."""
    for number in range(MOST):
        await announced(store, number)
    incident = await opened(store, 100)

    ops, other = await store.storms.announce(
        incident, tuple(below(place, incident_key(incident)) for place in (OPS, OTHER)), Severity.warning
    )

    assert (is_storm(ops), is_storm(other)) == (True, False)


async def test_an_incident_is_announced_once(store: Store) -> None:
    """Neither again, nor when it is over; and its timeline says where."""
    incident = await opened(store, 1)
    own = (below(OPS, incident_key(incident)),)
    first, again = [await store.storms.announce(incident, own, Severity.warning) for _ in range(2)]
    over = await opened(store, 2)
    await store.incidents.close(over)

    late = await store.storms.announce(over, (below(OPS, incident_key(over)),), Severity.warning)
    kept = await store.incidents.get(incident)

    assert (first, again, late) == (own, (), ())
    assert kept is not None
    assert [line.details for line in kept.timeline if line.kind == "announced"] == [{"in": list(own)}]


async def test_many_at_the_same_moment_are_counted_one_after_the_other(store: Store) -> None:
    """Thirty workers, and no more messages than a place can bear."""
    found = await asyncio.gather(*(announced(store, number) for number in range(30)))

    shared = [each for (each,) in found if is_storm(each)]
    assert (len(found) - len(shared), len(set(shared))) == (MOST, 1)
