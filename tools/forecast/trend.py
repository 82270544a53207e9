"""Where a series is going: a robust line through it, and when that line meets a limit. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

Points = Sequence[tuple[datetime, float]]

_FEWEST = 8
_SHORTEST = timedelta(hours=3)
_STEADY = 3.0
"""How many times greater than its wobbling a growth has to be."""
_GOES_ON = 0.3
"""The last quarter must still grow at this share of the whole: what has levelled off is not about to be full."""


@dataclass(frozen=True, slots=True)
class Trend:
    per_second: float
    """By how much it grows."""
    start: datetime
    now: datetime
    value: float
    """Its latest value."""

    def reaches(self, limit: float) -> datetime | None:
        """When it will be there; its latest moment where it is there already, None where it never will or in ages."""
        if self.value >= limit:
            return self.now
        if self.per_second <= 0:
            return None
        seconds = (limit - self.value) / self.per_second
        return self.now + timedelta(seconds=seconds) if seconds < 10 * 365 * 86_400 else None


def trend(points: Points) -> Trend | None:
    """The line that goes on through the points; None where they only wobble, or say too little.

    Theil and Sen's: the median of the slopes between all pairs, so that a spike or a cleaning-up counts little.
    """
    if len(points) < _FEWEST or points[-1][0] - points[0][0] < _SHORTEST:
        return None
    start = points[0][0]
    times = np.array([(at - start).total_seconds() for at, _ in points])
    values = np.array([value for _, value in points], dtype=float)
    slope = _slope(times, values)
    wobble = float(np.median(np.abs(values - slope * times - np.median(values - slope * times))))
    if abs(slope) * times[-1] <= _STEADY * wobble or slope == 0:
        return None
    recent = times >= times[-1] * 0.75
    if np.count_nonzero(recent) >= 3 and _slope(times[recent], values[recent]) / slope < _GOES_ON:
        return None
    return Trend(slope, start, points[-1][0], float(values[-1]))


def _slope(
    times: "np.ndarray[tuple[int], np.dtype[np.float64]]", values: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> float:
    first, second = np.triu_indices(len(times), k=1)
    return float(np.median((values[second] - values[first]) / (times[second] - times[first])))
