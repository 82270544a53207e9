"""Numbers over the record: the same on both databases, and right about what is over, open, waiting and silent."""

from datetime import UTC, datetime

from domain.alerts import HeardAlert
from domain.people import Role
from store.figures import DURATIONS, figures
from store.record import Store

NOW = datetime.now(UTC)


async def test_nothing_yet_is_all_zeros(store: Store) -> None:
    found = await figures(store.database)

    assert (found.tried, found.helped, found.over, found.lasted_seconds) == (0, 0, 0, 0.0)
    assert found.lasted == (0,) * len(DURATIONS)
    assert (found.incidents, found.proposals, found.alerts, found.jobs, found.outbox) == ({}, {}, {}, {}, {})
    assert found.oldest_job_seconds == 0.0


async def test_what_there_is_is_counted(store: Store) -> None:
    """Jobs and posts by what they are, without the cluster or the conversation that stands in their names."""
    one = await store.incidents.open_or_join("oom|c|shop|Deployment|api", "api dies", "c", "terminal:1")
    await store.incidents.open_or_join("alerts|c|shop|AlertGroup|Slow", "Slow", "c", "terminal:1")
    await store.incidents.close(one.id, "mended")
    heard = [
        HeardAlert("f1", "Slow", {"alertname": "Slow"}, NOW, firing=True, group="g"),
        HeardAlert("f2", "Quiet", {"alertname": "Quiet"}, NOW, firing=True, group="g", suppressed="silenced by x"),
    ]
    await store.alerts.receive(heard, "webhook/x", cluster="c")
    await store.jobs.put("j1", "resume@cluster-1", {}, "terminal:1")
    await store.jobs.put("j2", "resume@cluster-2", {}, "terminal:2")
    await store.outbox.put("o1", "http:key:ci:1", "http:key:ci:1", {})
    await store.keys.make("ci", Role.viewer, "test")

    found = await figures(store.database)

    assert found.incidents == {("closed", ""): 1, ("open", ""): 1}
    assert (found.over, found.causes_found, found.lasted) == (1, 1, (1,) * len(DURATIONS))
    assert found.alerts == {("firing",): 1, ("suppressed",): 1}
    assert found.jobs["resume", "ready"] == 2
    assert found.outbox == {("http", "waiting"): 1}
    assert found.keys_alive == 1
    assert found.audit_rows == len(await store.audit.tail(100))
    assert found.now(found.jobs, "resume", "incoming") == 2
