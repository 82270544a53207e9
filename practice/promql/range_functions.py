"""Functions over a range of samples: rates, and what `_over_time` tells. Windows in, values and where they are out."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from practice.promql.memory import Floats
from practice.promql.values import Flags
from practice.promql.windows import Windows

OverRange: TypeAlias = Callable[[Windows], tuple[Floats, Flags]]

_THRESHOLD = 1.1
"""A range whose edge is nearer than so many sample intervals is taken to be covered up to its edge."""


def rate(windows: Windows) -> tuple[Floats, Flags]:
    gained, there = increase(windows)
    return gained / (windows.length / 1000), there


def increase(windows: Windows) -> tuple[Floats, Flags]:
    """What a counter gained, extrapolated to the edges of the range."""
    values, both = windows.earlier
    reset = both & (windows.values < values)
    gained = windows.at(windows.last) - windows.at(windows.first)
    if reset.any():
        gained = gained + windows.between(np.where(reset, values, 0.0))
    return _extrapolated(windows, gained, counter=True)


def delta(windows: Windows) -> tuple[Floats, Flags]:
    gained = windows.at(windows.last) - windows.at(windows.first)
    return _extrapolated(windows, gained, counter=False)


def _extrapolated(windows: Windows, gained: Floats, *, counter: bool) -> tuple[Floats, Flags]:
    """As Prometheus does: to the range's edge where samples come near it, else by half an interval."""
    there = windows.counts > 1
    first, last = windows.moments[windows.first], windows.moments[windows.last]
    covered = np.where(there, (last - first) / 1000, 1.0)
    interval = covered / np.maximum(windows.counts - 1, 1)
    to_start = (first - (windows.ends - windows.length)) / 1000
    to_end = (windows.ends - last) / 1000
    if counter:
        begins = windows.at(windows.first)
        rises = (gained > 0) & (begins >= 0)
        to_zero = covered * (begins / np.where(rises, gained, 1.0))
        to_start = np.where(rises & (to_zero < to_start), to_zero, to_start)
    reach = covered + np.where(to_start < interval * _THRESHOLD, to_start, interval / 2)
    reach = reach + np.where(to_end < interval * _THRESHOLD, to_end, interval / 2)
    return gained * (reach / covered), there


def irate(windows: Windows) -> tuple[Floats, Flags]:
    return _of_the_last_two(windows, counter=True)


def idelta(windows: Windows) -> tuple[Floats, Flags]:
    return _of_the_last_two(windows, counter=False)


def _of_the_last_two(windows: Windows, *, counter: bool) -> tuple[Floats, Flags]:
    there = windows.counts > 1
    before = np.take_along_axis(windows.latest, np.maximum(windows.last - 1, 0), axis=1)
    now, then = windows.at(windows.last), windows.at(before)
    gained = np.where(now < then, now, now - then) if counter else now - then
    seconds = np.where(there, (windows.moments[windows.last] - windows.moments[before]) / 1000, 1.0)
    return (gained / seconds if counter else gained), there


def resets(windows: Windows) -> tuple[Floats, Flags]:
    values, both = windows.earlier
    return windows.between((both & (windows.values < values)).astype(float)), windows.counts > 0


def changes(windows: Windows) -> tuple[Floats, Flags]:
    values, both = windows.earlier
    same = (windows.values == values) | (np.isnan(windows.values) & np.isnan(values))
    return windows.between((both & ~same).astype(float)), windows.counts > 0


def _sum(windows: Windows) -> tuple[Floats, Flags]:
    return windows.reduced(np.add, 0.0), windows.counts > 0


def _avg(windows: Windows) -> tuple[Floats, Flags]:
    return windows.reduced(np.add, 0.0) / np.maximum(windows.counts, 1), windows.counts > 0


def _min(windows: Windows) -> tuple[Floats, Flags]:
    return windows.reduced(np.fmin, np.nan), windows.counts > 0


def _max(windows: Windows) -> tuple[Floats, Flags]:
    return windows.reduced(np.fmax, np.nan), windows.counts > 0


def _count(windows: Windows) -> tuple[Floats, Flags]:
    return windows.counts.astype(float), windows.counts > 0


def _last(windows: Windows) -> tuple[Floats, Flags]:
    return windows.at(windows.last), windows.counts > 0


def _present(windows: Windows) -> tuple[Floats, Flags]:
    return np.ones(windows.counts.shape), windows.counts > 0


RANGE_FUNCTIONS: Mapping[str, OverRange] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
    "irate": irate,
    "idelta": idelta,
    "resets": resets,
    "changes": changes,
    "sum_over_time": _sum,
    "avg_over_time": _avg,
    "min_over_time": _min,
    "max_over_time": _max,
    "count_over_time": _count,
    "last_over_time": _last,
    "present_over_time": _present,
}
