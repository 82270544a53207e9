"""Who can run what is approved on a cluster, and why nobody can."""

from datetime import UTC, datetime, timedelta

from store import heartbeat
from store.record import Store


async def test_why_nobody_runs_is_what_the_last_one_said(store: Store) -> None:
    """One that is starting or alive makes it moot, one that could not start says why; other clusters are theirs."""
    now = datetime.now(UTC)

    said = [await heartbeat.why_nobody_runs(store, "c1", now)]
    await heartbeat.coming(store, "w1", "c1")
    on_its_way = await heartbeat.why_nobody_runs(store, "c1", now)
    never_came = await heartbeat.why_nobody_runs(store, "c1", now + timedelta(minutes=5))
    await heartbeat.cannot(store, "w1", "c1", "bubblewrap is not on PATH")
    said.append(await heartbeat.why_nobody_runs(store, "c1", now))
    said.append(await heartbeat.why_nobody_runs(store, "c2", now))
    await heartbeat.beat(store, "w2", "c1", "practice", "bubblewrap/1")
    said.append(await heartbeat.why_nobody_runs(store, "c1", now))
    said.append(await heartbeat.why_nobody_runs(store, "c1", now + timedelta(minutes=5)))

    assert "`hilda executor` starts one" in said[0]
    assert (on_its_way, never_came) == ("", said[0])
    assert said[1] == "bubblewrap is not on PATH"
    assert said[2] == said[0]
    assert said[3] == ""
    assert said[4] == "bubblewrap is not on PATH"
