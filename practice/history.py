"""The last hour and a half as Prometheus would have recorded it, written down from what was played."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from practice.series import Play, Sample, samples
from practice.traffic import Totals, added, grown

LOOKS_BACK = 100 * 60.0
STEP = 15.0

Column: TypeAlias = tuple[Sample, NDArray[np.float64]]
"""A series (its sample's own value is of no use) and its value at every moment of a stretch."""


@dataclass(frozen=True)
class Chapter:
    """From `start` to `end` (seconds since the epoch) these were playing, and doing as they do."""

    start: float
    end: float
    plays: tuple[Play, ...]

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        return cls(value["start"], value["end"], tuple(map(Play.parse, value["plays"])))


@dataclass(frozen=True)
class Stretch:
    """Moments at which the same series have values."""

    moments: NDArray[np.float64]
    """Seconds since the epoch: multiples of the step, and the very start, where a series begins."""
    columns: list[Column]


@dataclass(frozen=True)
class History:
    stretches: list[Stretch]
    totals: dict[str, Totals]
    """Where every counter stands at the end, by `Play.key`, for the kubelet to go on from."""

    def lines(self) -> Iterator[str]:
        """OpenMetrics, to be made into blocks by promtool."""
        for stretch in self.stretches:
            times = [f" {at:.3f}" for at in stretch.moments.tolist()]
            for sample, values in stretch.columns:
                series = f"{sample.series} "
                yield from [f"{series}{value:.17g}{at}" for value, at in zip(values.tolist(), times, strict=True)]
        yield "# EOF\n"


def write_history(chapters: Sequence[Chapter]) -> History:
    """All series over all chapters, cut to `LOOKS_BACK` before the last chapter's end."""
    end = chapters[-1].end
    standing: dict[str, Totals] = {}
    stretches: list[Stretch] = []
    for chapter in chapters:
        start = max(chapter.start, end - LOOKS_BACK)
        if chapter.end <= start:
            continue
        moments = np.array([start, *np.arange(start // STEP + 1, chapter.end / STEP) * STEP])
        columns: list[Column] = []
        for play in chapter.plays:
            before = standing.get(play.key, {})
            columns += _columns(play, before, moments, chapter)
            standing[play.key] = added(before, grown(play.how, start, chapter.end))
        stretches.append(Stretch(moments, columns))
    return History(stretches, standing)


def _columns(play: Play, before: Totals, moments: NDArray[np.float64], chapter: Chapter) -> Iterator[Column]:
    totals = added(before, grown(play.how, float(moments[0]), moments))
    # A container that kept crashing did not crash all at once.
    share = (moments - chapter.start) / (chapter.end - chapter.start)
    for sample in samples(play, totals):
        if sample.name == "kube_pod_container_status_restarts_total":
            yield sample, np.floor(play.restarts * share)
        else:
            yield sample, np.broadcast_to(sample.value, moments.shape)
