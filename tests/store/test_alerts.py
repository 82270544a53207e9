"""Alerts in the store: each episode once, whatever order it is told in, and one job for what changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import HeardAlert
from domain.job_kinds import alerts as alerts_of
from store.clock import to_micros
from store.record import Store
from store.work.alerts import Received
from store.work.episodes import Episode, settle
from store.work.jobs import Job

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def heard(
    name: str = "KubePodCrashLooping", pod: str = "web-1", *, ago: timedelta = HOUR, **different: object
) -> HeardAlert:
    fields = {
        "fingerprint": f"{name}/{pod}",
        "name": name,
        "labels": {"alertname": name, "namespace": "shop", "pod": pod},
        "started_at": datetime.now(UTC) - ago,
        "firing": True,
        "group": f"shop/{name}",
        "severity": "warning",
        "annotations": {"summary": f"{pod} restarts"},
    }
    return HeardAlert(**{**fields, **different})  # type: ignore[arg-type]


def over(fired: HeardAlert, *, after: timedelta = 10 * MINUTE) -> HeardAlert:
    return replace(fired, firing=False, ended_at=fired.started_at + after)


async def receive(store: Store, *batch: HeardAlert, source: str = "webhook/hilda") -> Received:
    return await store.alerts.receive(batch, source, cluster="c1")


async def job(store: Store) -> Job | None:
    return await store.jobs.claim("w1", 30, (alerts_of("c1"),))


async def test_an_alert_is_kept_as_it_was_told(store: Store) -> None:
    """With its labels and annotations, firing since it says so, bound to nothing yet."""
    fired = heard(link="http://prometheus/graph", cluster="eu-1")

    received = await receive(store, fired)

    (kept,) = await store.alerts.group("shop/KubePodCrashLooping")
    assert received == Received(new=1)
    assert (kept.labels, kept.annotations) == (fired.labels, fired.annotations)
    assert (kept.began, kept.state, kept.incident, kept.source) == (fired.started_at, "firing", "", "webhook/hilda")
    assert (kept.severity, kept.namespace, kept.link, kept.cluster) == ("warning", "shop", fired.link, "eu-1")


async def test_the_same_alert_again_is_nothing_new(store: Store) -> None:
    """Told ten times, by several at once, it is one row; its newest words count."""
    fired = heard()
    told = await asyncio.gather(*(receive(store, fired) for _ in range(10)))
    await receive(store, replace(fired, annotations={"summary": "worse"}))

    (kept,) = await store.alerts.firing()

    assert sorted(each.new for each in told) == [0] * 9 + [1]
    assert kept.annotations == {"summary": "worse"}


async def test_a_changed_group_has_one_job_that_waits(store: Store) -> None:
    """However much comes before it begins; what comes while it is done gives another one, what is not new none."""
    await receive(store, heard(pod="web-1"), heard(pod="web-2"))
    await receive(store, heard(pod="web-3"))
    first = await job(store)
    await receive(store, fourth := heard(pod="web-4"))
    blocked = await job(store)
    assert first is not None
    await store.jobs.finish(first)
    second = await job(store)
    await receive(store, fourth)

    assert (first.payload, first.conversation) == (
        {"group": "shop/KubePodCrashLooping"},
        "alerts:shop/KubePodCrashLooping",
    )
    assert blocked is None
    assert second is not None
    await store.jobs.finish(second)
    assert await job(store) is None


async def test_it_fires_is_resolved_and_fires_again(store: Store) -> None:
    """Two episodes of one alert, each with its own span of time, and how often it began."""
    first, second = heard(ago=HOUR), heard(ago=5 * MINUTE)
    told = [await receive(store, word) for word in (first, over(first), second)]

    old, new = await store.alerts.group(first.group)
    starts = await store.alerts.starts([first.fingerprint], HOUR)

    assert told == [Received(new=1), Received(resolved=1), Received(refired=1)]
    assert (old.state, old.resolved_at, old.ended) == ("resolved", first.started_at + 10 * MINUTE, "told")
    assert (new.state, new.began) == ("firing", second.started_at)
    assert starts == {first.fingerprint: (first.started_at, second.started_at)}


async def test_what_belongs_to_an_incident_is_found_by_it(store: Store) -> None:
    """Binding keeps, and another episode begins unbound."""
    await receive(store, heard(pod="web-1"), heard(pod="web-2"))
    one, two = await store.alerts.firing()

    await store.alerts.bind([one.id], "i1")

    assert [each.id for each in await store.alerts.of_incident("i1")] == [one.id]
    assert [each.incident for each in await store.alerts.group(two.group_key)] == ["i1", ""]


def _settled(words: Sequence[HeardAlert], now: int) -> list[Episode]:
    known: dict[int, Episode] = {}
    for word in words:
        settled = settle(known.values(), word, now)
        for each in (settled.over, settled.episode):
            if each is not None:
                known[each.started] = each
    return sorted(known.values(), key=lambda each: each.started)


_FIRST = heard(started_at=NOW - 3 * HOUR)
_SECOND = heard(started_at=NOW - HOUR)


def test_in_whatever_order_it_is_told_what_is_over_stays_over() -> None:
    """Two episodes that both ended: no order of their four words leaves one of them firing."""
    words = (_FIRST, over(_FIRST), _SECOND, over(_SECOND))

    left = [order for order in permutations(words) if any(e.firing for e in _settled(order, to_micros(NOW)))]

    assert left == []


@given(st.permutations([_FIRST, over(_FIRST), _SECOND] * 2))
def test_in_whatever_order_it_is_told_what_fires_fires_once(words: list[HeardAlert]) -> None:
    """The second episode goes on: it alone fires in the end, also when everything is told twice."""
    firing = [each.started for each in _settled(words, to_micros(NOW)) if each.firing]

    assert firing == [to_micros(_SECOND.started_at)]
