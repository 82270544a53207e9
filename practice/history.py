"""The last hour and a half as Prometheus would have recorded it, written down from what was played."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from practice.series import Play, samples
from practice.traffic import Totals, added, grown

LOOKS_BACK = 100 * 60.0
STEP = 15.0


@dataclass(frozen=True)
class Chapter:
    """From `start` to `end` (seconds since the epoch) these were playing, and doing as they do."""

    start: float
    end: float
    plays: tuple[Play, ...]


@dataclass(frozen=True)
class History:
    lines: list[str]
    """OpenMetrics, to be made into blocks by promtool."""
    totals: dict[str, Totals]
    """Where every counter stands at the end, by `Play.key`, for the kubelet to go on from."""


def write_history(chapters: Sequence[Chapter]) -> History:
    """All series over all chapters, cut to `LOOKS_BACK` before the last chapter's end."""
    end = chapters[-1].end
    standing: dict[str, Totals] = {}
    lines: list[str] = []
    for chapter in chapters:
        start = max(chapter.start, end - LOOKS_BACK)
        if chapter.end <= start:
            continue
        for play in chapter.plays:
            before = standing.get(play.key, {})
            lines += _lines(play, before, start, chapter.end, first=chapter.start)
            standing[play.key] = added(before, grown(play.how, start, chapter.end))
    return History([*lines, "# EOF\n"], standing)


def _lines(play: Play, before: Totals, start: float, end: float, *, first: float) -> Iterator[str]:
    for at in _times(start, end):
        totals = added(before, grown(play.how, start, at))
        # A container that kept crashing did not crash all at once.
        share = (at - first) / (end - first)
        earlier = replace(play, restarts=int(play.restarts * share)) if play.restarts else play
        for sample in samples(earlier, totals):
            yield sample.line(at)


def _times(start: float, end: float) -> Iterator[float]:
    """Multiples of the step, and the very start, where a series begins."""
    yield start
    at = (start // STEP + 1) * STEP
    while at < end:
        yield at
        at += STEP
