"""From what to what, since when: the moment a measurement changed its level and kept it.

Pure. Noise, slow waves, single spikes, gaps and counter resets are no change. A change that ended again is told with
both moments, since "it was bad between 2:00 and 2:04" is what people ask about most.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

FEWEST = 8
"""Points below which nothing can be told."""
SHORTEST = 4
"""Points that a level has to last to count as one."""
_MOST_LEVELS = 6
_MOST_POINTS = 300
_CLEARLY = 4.0
"""How many spreads two levels are apart. Any cut through a smooth ramp makes 2.7, through a wave 3.8."""


@dataclass(frozen=True, slots=True)
class ChangePoint:
    at: datetime
    """The first moment at the new level."""
    before: float
    after: float
    score: float
    """The difference in units of the usual spread: 4 is clear, 10 unmistakable."""
    ended: datetime | None = None
    """The first moment back at the level of before, where it came back."""

    @property
    def rose(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class _Level:
    """Neighbouring points, from index `start` up to `end`, that vary around one value."""

    start: int
    end: int
    value: float
    spread: float
    magnitude: float
    """The value on a logarithmic scale, where noise that grows with the value keeps its size."""
    magnitude_spread: float


def find(points: Sequence[tuple[datetime, float]]) -> ChangePoint | None:
    """The change that matters most at the end of `points`: one that lasts, else the largest one that is over."""
    times, values = _numbers(points)
    if len(values) < FEWEST:
        return None
    times, values = _increase_of_a_counter(times, values)
    times, values = _at_most(_MOST_POINTS, times, values)
    if len(values) < FEWEST or np.max(values) == np.min(values):
        return None
    # In units of the largest value everything below is of ordinary size, whatever the signal's unit is.
    unit = float(np.max(np.abs(values)))
    values = values / unit
    levels = _levels(values)
    if len(levels) < 2 or _is_smooth(times, values, levels):
        return None
    change = _told(times, values, levels)
    return change and replace(change, before=change.before * unit, after=change.after * unit)


def _numbers(points: Sequence[tuple[datetime, float]]) -> tuple[Numbers, Numbers]:
    """Finite values in the order of time, one per moment."""
    kept = {at.timestamp(): value for at, value in points if np.isfinite(value)}
    times = np.array(sorted(kept), dtype=np.float64)
    return times, np.array([kept[at] for at in times], dtype=np.float64)


def _increase_of_a_counter(times: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """A raw counter as its growth per second, where the values look like one; anything else as it is."""
    steps = np.diff(values)
    drops = steps < 0
    falls_to_nothing = values[1:][drops] <= 0.2 * values[:-1][drops]
    if np.min(values) < 0 or np.mean(steps > 0) < 0.8 or not np.all(falls_to_nothing) or drops.sum() > len(steps) / 10:
        return times, values
    grown = np.where(drops, values[1:], steps)
    return times[1:], grown / np.diff(times)


def _at_most(most: int, times: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """Fewer points: each the median of its neighbours, at the first one's time."""
    if len(values) <= most:
        return times, values
    width = -(-len(values) // most)
    starts = range(0, len(values), width)
    return times[::width], np.array([np.median(values[i : i + width]) for i in starts])


def _levels(values: Numbers) -> list[_Level]:
    """The fewest levels that describe the values, neighbours clearly apart."""
    borders = _best_borders(_without_spikes(values))
    levels = [_level(values, start, end) for start, end in pairwise(borders)]
    while len(levels) > 1:
        distances = [_apart(a, b) for a, b in pairwise(levels)]
        closest = int(np.argmin(distances))
        if distances[closest] >= _CLEARLY:
            break
        levels[closest : closest + 2] = [_level(values, levels[closest].start, levels[closest + 1].end)]
    return levels


def _without_spikes(values: Numbers) -> Numbers:
    padded = np.concatenate([values[1:2], values, values[-2:-1]])
    calm: Numbers = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    return calm


def _best_borders(values: Numbers) -> list[int]:
    """Where to cut so that pieces vary least, with as many cuts as pay for themselves (dynamic programming)."""
    n = len(values)
    most = max(1, min(_MOST_LEVELS, n // SHORTEST))
    cost = _costs(values)
    best = np.full((most + 1, n + 1), np.inf)
    cut = np.zeros((most + 1, n + 1), dtype=np.int64)
    best[0, 0] = 0.0
    for pieces in range(1, most + 1):
        total = best[pieces - 1][:, None] + cost
        cut[pieces] = np.argmin(total, axis=0)
        best[pieces] = np.min(total, axis=0)
    noise = best[most, n] / n + _floor(values) ** 2
    price = 4.0 * np.log(n) * noise
    pieces = int(np.argmin([best[k, n] + price * k for k in range(1, most + 1)])) + 1
    borders = [n]
    for k in range(pieces, 0, -1):
        borders.append(int(cut[k, borders[-1]]))
    return borders[::-1]


def _costs(values: Numbers) -> Numbers:
    """cost[i, j]: squared differences of values[i:j] from their mean; infinite where too short."""
    centred = values - np.median(values)
    n = len(values)
    sums = np.concatenate([[0.0], np.cumsum(centred)])
    squares = np.concatenate([[0.0], np.cumsum(centred**2)])
    length = np.arange(n + 1)[None, :] - np.arange(n + 1)[:, None]
    enough = length >= SHORTEST
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = (squares[None, :] - squares[:, None]) - (sums[None, :] - sums[:, None]) ** 2 / length
    return np.where(enough, np.maximum(cost, 0.0), np.inf)


def _floor(values: Numbers) -> float:
    """The least spread we believe in: a constant with one ripple must not make the ripple a change."""
    return 0.02 * float(np.median(np.abs(values))) + 1e-12


def _level(values: Numbers, start: int, end: int) -> _Level:
    lowest = float(np.min(values))
    magnitudes = np.log(values[start:end] - min(0.0, lowest) + 0.05 * float(np.ptp(values)) + 1e-12)
    return _Level(start, end, *_middle_and_spread(values[start:end]), *_middle_and_spread(magnitudes))


def _middle_and_spread(piece: Numbers) -> tuple[float, float]:
    """Median and a robust standard deviation; also honest about values that sit still and jump now and then."""
    middle = float(np.median(piece))
    low, high = np.quantile(piece, (0.1, 0.9))
    return middle, max(1.4826 * float(np.median(np.abs(piece - middle))), float(high - low) / 2.56)


def _apart(a: _Level, b: _Level) -> float:
    """How many spreads lie between two levels, on the scale that shows them better."""
    weight_a, weight_b = a.end - a.start, b.end - b.start
    # The shorter level is also the less certain one: a few points of noise often agree by accident.
    doubt = 1.0 + 2.0 / min(weight_a, weight_b)

    def distance(one: float, other: float, spread_one: float, spread_other: float, least: float) -> float:
        pooled = np.sqrt((weight_a * spread_one**2 + weight_b * spread_other**2) / (weight_a + weight_b))
        return float(abs(other - one) / max(pooled, least))

    least = 0.02 * max(abs(a.value), abs(b.value)) + 1e-12
    plain = distance(a.value, b.value, a.spread, b.spread, least)
    scaled = distance(a.magnitude, b.magnitude, a.magnitude_spread, b.magnitude_spread, 0.02)
    return max(plain, scaled) / doubt


def _is_smooth(times: Numbers, values: Numbers, levels: list[_Level]) -> bool:
    """Whether a trend or a daily wave describes the values about as well as the levels do."""
    calm = _without_spikes(values)
    x = 2.0 * (times - times[0]) / (times[-1] - times[0]) - 1.0
    columns = [x**power for power in range(4)]
    if times[-1] - times[0] > 8 * 3600:
        for period in (24 * 3600.0, 12 * 3600.0):
            columns += [np.sin(2 * np.pi * times / period), np.cos(2 * np.pi * times / period)]
    design = np.stack(columns, axis=1)
    solution, *_ = np.linalg.lstsq(design, calm, rcond=None)
    from_wave = float(np.sum((calm - design @ solution) ** 2))
    from_levels = sum(float(np.sum((calm[a.start : a.end] - np.mean(calm[a.start : a.end])) ** 2)) for a in levels)
    return from_levels > 0.75 * from_wave


def _told(times: Numbers, values: Numbers, levels: list[_Level]) -> ChangePoint | None:
    first, last = levels[0], levels[-1]
    if _apart(first, last) >= _CLEARLY:
        side = np.sign(last.value - first.value)
        begin = len(levels) - 1
        while begin > 1 and (levels[begin - 1].value - first.value) * side > abs(last.value - first.value) / 2:
            begin -= 1
        reached = _level(values, levels[begin].start, last.end)
        return _change(times, values, levels[begin - 1], reached, None)
    strongest = max(levels[1:-1], key=lambda level: abs(level.value - first.value))
    begin = end = levels.index(strongest)
    half = (strongest.value - first.value) / 2
    while begin > 1 and (levels[begin - 1].value - first.value) / half > 1:
        begin -= 1
    while end < len(levels) - 2 and (levels[end + 1].value - first.value) / half > 1:
        end += 1
    reached = _level(values, levels[begin].start, levels[end].end)
    return _change(times, values, levels[begin - 1], reached, levels[end + 1])


def _change(times: Numbers, values: Numbers, old: _Level, new: _Level, again: _Level | None) -> ChangePoint | None:
    score = _apart(old, new)
    begin = _first_beyond(values, old, new)
    end = new.end if again is None else _first_back(values, new, again)
    if _by_accident(values, begin, end, (old.value + new.value) / 2, new.value > old.value):
        return None
    if again is None:
        return ChangePoint(_at(times, begin), old.value, new.value, score)
    return ChangePoint(_at(times, begin), old.value, new.value, score, _at(times, end))


def _by_accident(values: Numbers, begin: int, end: int, line: float, rose: bool) -> bool:
    """Whether values beyond `line` are so common elsewhere that some would stand together anyway (rare events)."""
    beyond = values > line if rose else values < line
    inside, outside = beyond[begin:end], np.concatenate([beyond[:begin], beyond[end:]])
    often = (outside.sum() + 1) / (len(outside) + 2)
    length, hits = len(inside), int(inside.sum())
    chance = sum(comb(length, k) * often**k * (1 - often) ** (length - k) for k in range(hits, length + 1))
    return bool(chance * len(values) > 0.01)


def _first_beyond(values: Numbers, old: _Level, new: _Level) -> int:
    """Where the new level began: the cut lies in the middle of a ramp, people want its foot."""
    side = np.sign(new.value - old.value)
    line = old.value + side * max(3 * old.spread, 0.2 * abs(new.value - old.value))
    begin = new.start
    while begin > old.start + 1 and (values[begin - 1] - line) * side > 0:
        begin -= 1
    while begin < new.end - 1 and (values[begin] - line) * side <= 0:
        begin += 1
    return begin


def _first_back(values: Numbers, new: _Level, again: _Level) -> int:
    side = np.sign(new.value - again.value)
    line = again.value + side * max(3 * again.spread, 0.2 * abs(new.value - again.value))
    end = again.start
    while end > new.start + 1 and (values[end - 1] - line) * side <= 0:
        end -= 1
    while end < again.end - 1 and (values[end] - line) * side > 0:
        end += 1
    return end


def _at(times: Numbers, index: int) -> datetime:
    return datetime.fromtimestamp(float(times[index]), UTC)
