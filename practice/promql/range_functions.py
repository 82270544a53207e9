"""Functions over a range of samples: rates, and what `_over_time` tells. Windows in, values (series × steps) out."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from practice.promql.memory import Floats
from practice.promql.values import Flags
from practice.promql.windows import Windows

OverRange: TypeAlias = Callable[[Windows], Floats]

_THRESHOLD = 1.1
"""A range whose edge is nearer than so many sample intervals is taken to be covered up to its edge."""


def _rate(windows: Windows) -> Floats:
    return _gained(windows, per=windows.length / 1000)


def _increase(windows: Windows) -> Floats:
    return _gained(windows, per=1.0)


def _gained(windows: Windows, *, per: float) -> Floats:
    """What a counter gained, through every fall to zero, extrapolated to the edges of the range."""
    gained = _delta_as_told(windows)
    fell = windows.values[:, 1:] < windows.values[:, :-1]
    if fell.any():
        lost = np.zeros(windows.values.shape)
        lost[:, 1:][fell] = windows.values[:, :-1][fell]
        gained = gained + windows.between(lost)
    return _extrapolated(windows, gained, per=per, counter=True)


def _delta(windows: Windows) -> Floats:
    return _extrapolated(windows, _delta_as_told(windows), per=1.0, counter=False)


def _delta_as_told(windows: Windows) -> Floats:
    return windows.values[:, windows.last] - windows.values[:, windows.first]


def _extrapolated(windows: Windows, gained: Floats, *, per: float, counter: bool) -> Floats:
    """As Prometheus does, to the last bit: to the range's edge where samples come near it, else by half an interval."""
    enough = windows.counts > 1
    first, last = windows.moments[windows.first], windows.moments[windows.last]
    covered = np.where(enough, (last - first) / 1000, 1.0)
    interval = covered / np.maximum(windows.counts - 1, 1)
    to_start: Floats = (first - (windows.ends - windows.length)) / 1000
    to_end = (windows.ends - last) / 1000
    if counter:
        # A counter is never below zero, so it cannot have risen for longer than from there.
        begins = windows.values[:, windows.first]
        to_zero = covered * (begins / gained)
        to_start = np.where((gained > 0) & (begins >= 0) & (to_zero < to_start), to_zero, to_start)
    reach = covered + np.where(to_start < interval * _THRESHOLD, to_start, interval / 2)
    reach = reach + np.where(to_end < interval * _THRESHOLD, to_end, interval / 2)
    return gained * (reach / covered / per)


def _irate(windows: Windows) -> Floats:
    now, then = _last_two(windows)
    seconds = (windows.moments[windows.last] - windows.moments[np.maximum(windows.last - 1, 0)]) / 1000
    return np.where(now < then, now, now - then) / seconds


def _idelta(windows: Windows) -> Floats:
    now, then = _last_two(windows)
    return now - then


def _last_two(windows: Windows) -> tuple[Floats, Floats]:
    return windows.values[:, windows.last], windows.values[:, np.maximum(windows.last - 1, 0)]


def _resets(windows: Windows) -> Floats:
    return _counted(windows, windows.values[:, 1:] < windows.values[:, :-1])


def _changes(windows: Windows) -> Floats:
    now, then = windows.values[:, 1:], windows.values[:, :-1]
    return _counted(windows, (now != then) & ~(np.isnan(now) & np.isnan(then)))


def _counted(windows: Windows, happened: Flags) -> Floats:
    amounts = np.zeros(windows.values.shape)
    amounts[:, 1:] = happened
    return windows.between(amounts)


def _sum(windows: Windows) -> Floats:
    return windows.reduced(np.add)


def _avg(windows: Windows) -> Floats:
    return windows.reduced(np.add) / np.maximum(windows.counts, 1)


def _min(windows: Windows) -> Floats:
    return windows.reduced(np.fmin)


def _max(windows: Windows) -> Floats:
    return windows.reduced(np.fmax)


def _count(windows: Windows) -> Floats:
    return np.broadcast_to(windows.counts.astype(float), (len(windows.labels), len(windows.ends)))


def _last(windows: Windows) -> Floats:
    return windows.values[:, windows.last]


def _present(windows: Windows) -> Floats:
    return np.ones((len(windows.labels), len(windows.ends)))


RANGE_FUNCTIONS: Mapping[str, tuple[OverRange, int]] = {
    "rate": (_rate, 2),
    "increase": (_increase, 2),
    "delta": (_delta, 2),
    "irate": (_irate, 2),
    "idelta": (_idelta, 2),
    "resets": (_resets, 1),
    "changes": (_changes, 1),
    "sum_over_time": (_sum, 1),
    "avg_over_time": (_avg, 1),
    "min_over_time": (_min, 1),
    "max_over_time": (_max, 1),
    "count_over_time": (_count, 1),
    "last_over_time": (_last, 1),
    "present_over_time": (_present, 1),
}
"""Each with how many samples it needs."""
