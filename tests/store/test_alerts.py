"""Alerts in the store: each episode once, whatever order it is told in, and one job for what changed."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import HeardAlert, Tally
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


async def test_a_firing_that_was_told_late_reopens_nothing(store: Store) -> None:
    """Neither right after the end, nor when the end came first; it has no job, either."""
    fired = heard()
    await receive(store, fired)
    await receive(store, over(fired))
    await _work_off(store)
    early = heard(pod="web-2")
    await receive(store, over(early))

    told = [await receive(store, replace(word, suppressed="by s1", annotations={})) for word in (fired, early)]

    kept = await store.alerts.group(fired.group)
    assert told == [Received(unchanged=1)] * 2
    assert [(alert.suppressed, alert.annotations) for alert in kept] == [
        ("", fired.annotations),
        ("", early.annotations),
    ]
    assert await store.alerts.firing() == ()
    assert await job(store) is None


async def test_an_answer_asked_for_after_the_end_is_believed(store: Store) -> None:
    """A poll that sees it fire with the same start is right: its end was told too early."""
    fired = heard()
    await receive(store, fired)
    asked_before = await store.alerts.now()
    await receive(store, over(fired))

    old = await receive(store, replace(fired, said_at=asked_before), source="poll/x")
    new = await receive(store, replace(fired, said_at=await store.alerts.now() + MINUTE), source="poll/x")

    assert (old, new) == (Received(unchanged=1), Received(refired=1))
    assert len(await store.alerts.firing()) == 1


async def test_a_new_start_without_an_end_is_a_new_episode(store: Store) -> None:
    """The end was never told; two servers that disagree by a minute about a start tell of one."""
    fired = heard(ago=HOUR)
    apart = replace(fired, started_at=fired.started_at + MINUTE)
    again = replace(fired, started_at=fired.started_at + 30 * MINUTE)

    told = [await receive(store, word) for word in (fired, apart, again)]

    first, second = await store.alerts.group(fired.group)
    assert told == [Received(new=1), Received(unchanged=1), Received(refired=1)]
    assert (first.ended, first.resolved_at, second.firing) == ("refired", again.started_at, True)


async def test_clocks_that_are_wrong_are_tolerated_and_said(store: Store) -> None:
    """Hours ahead, or in 1970: it is kept, and began when it arrived."""
    ahead = heard("Ahead", ago=-3 * HOUR)
    ancient = heard("Ancient", started_at=datetime(1970, 1, 1, tzinfo=UTC))
    await receive(store, ahead, ancient)
    await receive(store, over(ahead), replace(ancient, firing=False, ended_at=None))

    kept = {alert.name: alert for alert in await store.alerts.group(ahead.group)}
    kept |= {alert.name: alert for alert in await store.alerts.group(ancient.group)}

    assert {name: alert.odd_clock for name, alert in kept.items()} == {
        "Ahead": "its sender's clock is 3 h ahead",
        "Ancient": "it says it began in 1970",
    }
    assert all(alert.began == alert.received_at for alert in kept.values())
    assert all(alert.resolved_at and alert.began <= alert.resolved_at <= alert.seen_at for alert in kept.values())


async def test_held_back_and_heard_again_are_changes(store: Store) -> None:
    """Each gives a job; the same said twice gives none."""
    fired = heard()
    silenced = replace(fired, suppressed="silenced by s1")
    jobs = []
    for word in (fired, silenced, silenced, fired):
        await receive(store, word)
        jobs.append(await _work_off(store))

    assert jobs == [1, 1, 0, 1]
    assert await store.alerts.tally(fired.group) == Tally(firing=1)


async def test_silence_ends_an_alert_and_it_may_come_back(store: Store) -> None:
    """Nothing was said of it for too long; whoever then says that it fires is right."""
    fired = heard()
    await receive(store, fired)
    await _work_off(store)

    quiet = await store.alerts.silent(timedelta(hours=1), cluster="c1")
    elsewhere = await store.alerts.silent(timedelta(0), cluster="c2")
    ended = await store.alerts.silent(timedelta(0), cluster="c1")
    jobs = await _work_off(store)
    (gone,) = await store.alerts.group(fired.group)
    back = await receive(store, fired)

    assert (quiet, elsewhere, ended, jobs) == (0, 0, 1, 1)
    assert (gone.state, gone.ended) == ("resolved", "silent")
    assert back == Received(refired=1)


async def test_a_clock_that_is_days_ahead_loses_nothing(store: Store) -> None:
    """It ends before it has begun, and is heard of again."""
    ahead = heard(ago=-72 * HOUR)
    await receive(store, ahead)
    await store.alerts.silent(timedelta(0), cluster="c1")

    assert await receive(store, ahead) == Received(refired=1)
    assert len(await store.alerts.firing()) == 1


async def test_what_is_long_over_is_forgotten(store: Store) -> None:
    """What fires is not, however long ago it began."""
    old, going_on = heard(pod="web-1"), heard(pod="web-2")
    await receive(store, old, going_on, over(old))

    kept = await store.alerts.prune(HOUR), len(await store.alerts.group(old.group))
    gone = await store.alerts.prune(timedelta(0)), len(await store.alerts.group(old.group))

    assert (kept, gone) == ((0, 2), (1, 1))


async def test_two_replicas_hear_the_same_burst(store: Store, database_url: str, key_path: Path) -> None:
    """Overlapping, out of order, at the same time: each alert once, what ended has ended, one job for a group."""
    other = await Store.open(database_url, key_path)
    alerts = [heard(pod=f"web-{number}") for number in range(120)]
    ends = [over(alert) for alert in alerts[:40]]
    luck = random.Random(7)
    words = [*alerts, *alerts[:60], *ends, *ends]
    batches = [words[first : first + 20] for first in range(0, len(words), 20)]
    luck.shuffle(batches)

    told = await asyncio.gather(
        *(receive(luck.choice((store, other)), *batch) for batch in [*batches, *luck.sample(batches, 5)])
    )

    kept = await store.alerts.group(alerts[0].group)
    await other.close()
    assert sorted(alert.fingerprint for alert in kept) == sorted({alert.fingerprint for alert in alerts})
    assert sum(alert.firing for alert in kept) == 80
    assert sum(each.new for each in told) >= 80
    assert await _work_off(store) == 1


async def test_an_end_and_a_repeat_that_meet_leave_an_end(store: Store, database_url: str, key_path: Path) -> None:
    """Two replicas at the same moment, whichever begins first: nobody writes back what the other one has ended."""
    other = await Store.open(database_url, key_path)
    for number in range(16):
        fired = heard(pod=f"web-{number}")
        await receive(store, fired)
        words = (receive(store, fired), receive(other, over(fired)))
        await asyncio.gather(*(words if number % 2 else reversed(words)))

    left = await store.alerts.firing()
    await other.close()
    assert left == ()


async def test_a_batch_that_cannot_be_kept_takes_no_other_with_it(store: Store) -> None:
    """Those that came in the same moment are kept."""
    good = [heard(pod=f"web-{number}") for number in range(5)]
    bad = heard(pod="bad", labels={"a": object()})

    told = await asyncio.gather(*(receive(store, each) for each in (*good[:3], bad, *good[3:])), return_exceptions=True)

    assert [type(each).__name__ for each in told if not isinstance(each, Received)] == ["StatementError"]
    assert len(await store.alerts.firing()) == 5


async def _work_off(store: Store) -> int:
    done = 0
    while found := await job(store):
        await store.jobs.finish(found)
        done += 1
    return done


async def test_of_a_group_that_is_too_large_the_new_ones_come_first(store: Store) -> None:
    """Those that belong to an incident already make room for those that nobody has attended to."""
    await receive(store, *(heard(pod=f"web-{number}") for number in range(9)))
    key = "shop/KubePodCrashLooping"
    seen: set[int] = set()
    for _ in range(3):
        some = await store.alerts.group(key, most=3)
        await store.alerts.bind([alert.id for alert in some], "i1")
        seen |= {alert.id for alert in some}

    assert len(seen) == 9


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


_MOMENTS = st.integers(-600, 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
_WORDS = st.builds(
    lambda start, end, firing, said: heard(started_at=start, ended_at=end, firing=firing, said_at=said),
    _MOMENTS,
    st.none() | _MOMENTS,
    st.booleans(),
    st.none() | _MOMENTS,
)


@given(st.lists(_WORDS, max_size=12))
def test_whatever_is_told_at_most_one_episode_fires(words: list[HeardAlert]) -> None:
    """And none ends before it began, however little sense the words make."""
    episodes = _settled(words, to_micros(NOW))

    assert sum(each.firing for each in episodes) <= 1
    assert all(each.firing == (each.resolved is None) for each in episodes)
    assert all(each.resolved is None or each.resolved >= each.started for each in episodes)
