"""From numbers over time to "this is not as it should be, since then": pure, with the thresholds in one place.

A signal needs two things to be a finding: a level that matters, and either a clear change to it or the absolute
word of a limit (a full pool, a CPU at its limit). Noise and daily waves have neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tools.prometheus.changepoint import SHORTEST, ChangePoint, find
from tools.prometheus.readings import Points, Reading

SLOWER = 1.5
"""Times the latency from before: with at least 25 ms more, it is felt."""
SLOWER_SECONDS = 0.025
MUCH_SLOWER = 3.0
"""For services that are so fast that 25 ms is another world."""
MUCH_SLOWER_SECONDS = 0.003
FAILING = 2.0
"""Percent of requests, where there was a clear change."""
FAILING_ALWAYS = 5.0
"""Percent of requests, whatever it was before."""
FAILING_BADLY = 10.0
FEWEST_FAILURES = 5
POOL_FULL = 95.0
AT_ITS_LIMIT = 90.0
_AT_LEAST = timedelta(minutes=2)
STALE = timedelta(minutes=5)
OVER_LONG_AGO = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was too high, from when, until when."""

    before: float | None
    """None where it was so from the beginning of what was read."""
    level: float
    since: datetime | None
    recovered_at: datetime | None = None
    badly: bool = False
    since_within: timedelta | None = None
    """How coarsely `since` is known, where it comes from a long reading."""


def judge(reading: Reading) -> Trouble | None:
    """Whether `reading` is in trouble, or was and recovered."""
    if len(reading.points) < 2 * SHORTEST:
        return None
    trouble = _suspected(reading)
    return trouble if trouble and _lasted(reading, trouble) else None


def _suspected(reading: Reading) -> Trouble | None:
    match reading.signal:
        case "latency" | "mean latency":
            return _slow(reading)
        case "errors":
            return _failing(reading)
        case "pool":
            return _exhausted(reading)
        case "cpu" | "memory":
            return _at_its_limit(reading)
        case _:
            return None


def began(reading: Reading) -> datetime | None:
    """When a trouble that was there all along began, told from a longer reading of the same signal."""
    match reading.signal:
        case "pool":
            line = POOL_FULL
        case "cpu" | "memory":
            line = AT_ITS_LIMIT * reading.beside["limit"][0][1] / 100
        case _:
            change = find(reading.points)
            return change.at if change and change.rose and not change.ended else None
    spell = _spell(reading.points, line)
    return reading.points[spell[0]][0] if spell and spell[0] > 0 and spell[1] == len(reading.points) else None


def _lasted(reading: Reading, trouble: Trouble) -> bool:
    """Whether it was more than one bad moment, which a rate shows for as long as it looks back."""
    if trouble.since is None:
        return True
    smear = timedelta(seconds=reading.smear_seconds)
    over = trouble.recovered_at or reading.points[-1][0] - smear
    return over - trouble.since >= max(_AT_LEAST, 0.8 * smear)


def concerns(trouble: Trouble, *, now: datetime, start: datetime | None = None, end: datetime | None = None) -> bool:
    """Whether `trouble` belongs to the question: it goes on, or ended lately; or it overlaps the window asked about."""
    if start and end:
        began = trouble.since or datetime.min.replace(tzinfo=now.tzinfo)
        over = trouble.recovered_at or datetime.max.replace(tzinfo=now.tzinfo)
        return began <= end and over >= start
    return trouble.recovered_at is None or trouble.recovered_at >= now - OVER_LONG_AGO


def _slow(reading: Reading) -> Trouble | None:
    values = _calm(reading.points)
    lowest = max(min(values), 1e-9)
    if max(values) < SLOWER * lowest:
        return None
    change = find(reading.points)
    if change is None or not change.rose or not _is_slower(change.before, change.after):
        return None
    return _changed(reading, change, badly=change.after >= 5 * change.before and change.after >= 1.0)


def _is_slower(before: float, after: float) -> bool:
    more = after - before
    return (after >= SLOWER * before and more >= SLOWER_SECONDS) or (
        after >= MUCH_SLOWER * before and more >= MUCH_SLOWER_SECONDS
    )


def _failing(reading: Reading) -> Trouble | None:
    values = _calm(reading.points)
    if max(values) < FAILING:
        return None
    change = find(reading.points)
    if change and change.rose and change.after >= max(FAILING, 3 * change.before):
        trouble = _changed(reading, change, badly=change.after >= FAILING_BADLY)
        return trouble if _failures(reading, trouble.since, change.ended) >= FEWEST_FAILURES else None
    level = median(values)
    latest = median(values[-2 * SHORTEST :])
    if change is None and level >= FAILING_ALWAYS and latest >= FAILING_ALWAYS:
        enough = _failures(reading, None, None) >= 4 * FEWEST_FAILURES
        return Trouble(None, level, None, None, level >= FAILING_BADLY) if enough else None
    return None


def _failures(reading: Reading, start: datetime | None, end: datetime | None) -> float:
    """About how many requests failed between two moments."""
    return reading.step_seconds * sum(
        value
        for at, value in reading.beside.get("failed", ())
        if (start is None or at >= start) and (end is None or at < end)
    )


def _exhausted(reading: Reading) -> Trouble | None:
    spell = _spell(reading.points, POOL_FULL)
    if spell is None:
        return None
    first, last = spell
    inside = reading.points[first:last]
    pending = dict(reading.beside.get("pending", ()))
    if pending:
        waiting = [pending.get(at, 0.0) for at, _ in inside]
        if sum(1 for value in waiting if value > 0) < len(waiting) / 2:
            return None
    elif first == 0 or median(value for _, value in reading.points[:first]) > 0.9 * POOL_FULL:
        # Full all along and nobody known to wait: a small pool that is well used.
        return None
    return _spelled(reading, spell, badly=True)


def _at_its_limit(reading: Reading) -> Trouble | None:
    limits = reading.beside.get("limit", ())
    if not limits:
        return None
    limit = limits[0][1]
    shares = tuple((at, 100 * value / limit) for at, value in reading.points)
    spell = _spell(shares, AT_ITS_LIMIT)
    if spell is None:
        return None
    return _spelled(reading, spell, badly=reading.signal == "memory" and shares[spell[1] - 1][1] >= 97)


def _spell(points: Points, above: float) -> tuple[int, int] | None:
    """The last stretch of at least `SHORTEST` points at or above a line, forgiving single dips; as [first, last)."""
    high = [value >= above for _, value in points]
    for i in range(1, len(high) - 1):
        high[i] = high[i] or (high[i - 1] and points[i + 1][1] >= above)
    last = len(high)
    while last > 0:
        if not high[last - 1]:
            last -= 1
            continue
        first = last
        while first > 0 and high[first - 1]:
            first -= 1
        if last - first >= SHORTEST:
            return first, last
        last = first
    return None


def _spelled(reading: Reading, spell: tuple[int, int], *, badly: bool) -> Trouble:
    first, last = spell
    points = reading.points
    before = median(value for _, value in points[:first]) if first else None
    level = median(value for _, value in points[first:last])
    recovered = points[last][0] - timedelta(seconds=reading.smear_seconds) if last < len(points) else None
    since = points[first][0] if first else None
    if recovered and since:
        recovered = max(recovered, since)
    return Trouble(before, level, since, recovered, badly)


def _changed(reading: Reading, change: ChangePoint, *, badly: bool) -> Trouble:
    recovered = change.ended
    if recovered:
        # A rate is normal again only when its whole window is: it was over that much earlier.
        recovered = max(change.at, recovered - timedelta(seconds=reading.smear_seconds))
    return Trouble(change.before, change.after, change.at, recovered, badly)


def is_stale(points: Points, end: datetime) -> bool:
    """Whether the series stopped before the end: then it says nothing about now."""
    return not points or points[-1][0] < end - STALE


def _calm(points: Points) -> Sequence[float]:
    """Values without single spikes."""
    values = [value for _, value in points]
    return [median(values[max(0, i - 1) : i + 2]) for i in range(len(values))]
