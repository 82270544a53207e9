"""What began before the usual look back: a day, read coarsely and cheaply, so that "since when" has an answer."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tools.prometheus import judgement
from tools.prometheus.judgement import Trouble
from tools.prometheus.readings import Reader, Reading, Span

_BACK = timedelta(hours=24)
_POINTS = 144
_TWICE = 2.0
"""A day has slow hours and fast ones: over so long a time only clear differences count."""


def span(now: datetime, usual: Span) -> Span:
    return Span.until(now, _BACK, _POINTS, usual.namespaces)


def long_standing(
    readings: Sequence[Reading],
    known: Collection[tuple[Reading, Trouble]],
    usual_readings: Sequence[Reading],
    usual: Span,
) -> list[tuple[Reading, Trouble]]:
    """Troubles that began before the usual look back and go on, so that it saw no change."""
    told = {(reading.unit, reading.subject) for reading, _ in known}
    begins = {(reading.unit, reading.subject): reading.points[0][0] for reading in usual_readings if reading.points}
    found = []
    for reading in readings:
        trouble = judgement.judge(reading)
        about = (reading.unit, reading.subject)
        if (
            trouble is None
            or about in told
            or not _goes_on(reading, trouble, begins.get(about, usual.start), usual.end)
        ):
            continue
        if trouble.before is None or trouble.level >= _TWICE * trouble.before:
            found.append((reading, replace(trouble, since_within=timedelta(seconds=reading.step_seconds))))
    return found


async def told_from(reader: Reader, reading: Reading, trouble: Trouble) -> Trouble:
    """`trouble` with the time it began, if it was there all along and a longer look can tell."""
    if trouble.since or trouble.recovered_at:
        return trouble
    for row in await reader.values(reading.query):
        step = reader.span.step_seconds
        since = judgement.began(replace(reading, points=row.points, step_seconds=step))
        if since:
            return replace(trouble, since=since, since_within=timedelta(seconds=step))
    return trouble


def _goes_on(reading: Reading, trouble: Trouble, begin: datetime, end: datetime) -> bool:
    """Whether it began before what the usual look saw, and is not over."""
    if trouble.recovered_at or judgement.is_stale(reading.points, end):
        return False
    return trouble.since is None or trouble.since <= begin + timedelta(seconds=2 * reading.step_seconds)
