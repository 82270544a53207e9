"""histogram_quantile, exactly as Prometheus interpolates within classic buckets."""

import numpy as np

from practice.promql.labels import NAME, Labels, value_of, without
from practice.promql.memory import Floats
from practice.promql.values import Flags, Scalar, Vector

_BUCKET = frozenset({"le"})
_LEFT_OUT = frozenset({"le", NAME})


def histogram_quantile(quantile: Scalar, buckets: Vector) -> Vector:
    histograms: dict[Labels, list[tuple[float, int]]] = {}
    for row, labels in enumerate(buckets.labels):
        bound = _bound(value_of(labels, "le"))
        if bound is not None:
            histograms.setdefault(without(labels, _BUCKET), []).append((bound, row))
    shape = (len(histograms), buckets.there.shape[1])
    values, there = np.empty(shape), np.empty(shape, bool)
    for number, members in enumerate(histograms.values()):
        members.sort()
        bounds, rows = np.array([bound for bound, _ in members]), [row for _, row in members]
        values[number], there[number] = _of_one(quantile.values, bounds, buckets.values[rows], buckets.there[rows])
    found = Vector([], values, there)
    return found.relabelled([without(labels, _LEFT_OUT) for labels in histograms]).seen()


def _of_one(quantile: Floats, bounds: Floats, counts: Floats, there: Flags) -> tuple[Floats, Flags]:
    """Step by step the same buckets are there, nearly always; where they are not, each set of buckets by itself."""
    if there.all():
        return _interpolated(quantile, bounds, counts), there[0]
    values = np.full(len(quantile), np.nan)
    some: Flags = np.logical_or.reduce(there, axis=0)
    patterns, which = np.unique(there, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        rows, steps = patterns[:, number], which.ravel() == number
        if rows.any():
            values[steps] = _interpolated(quantile[steps], bounds[rows], counts[np.ix_(rows, steps)])
    return values, some


def _interpolated(quantile: Floats, bounds: Floats, counts: Floats) -> Floats:
    """Buckets × steps of cumulative counts → one value per step."""
    odd = np.where(quantile < 0, -np.inf, np.where(quantile > 1, np.inf, np.nan))
    usual = (quantile >= 0) & (quantile <= 1)
    if not np.isposinf(bounds[-1]):
        return np.where(usual, np.nan, odd)
    bounds, first = np.unique(bounds, return_index=True)
    counts = _monotonic(np.add.reduceat(counts, first, axis=0))
    if len(bounds) < 2:
        return np.where(usual, np.nan, odd)
    observed = counts[-1]
    rank = np.where(usual, quantile, 0.0) * observed
    chosen = np.minimum((counts[:-1] < rank).sum(axis=0), len(bounds) - 1)
    steps = np.arange(counts.shape[1])
    below = np.maximum(chosen - 1, 0)
    inside = chosen > 0
    start = np.where(inside, bounds[below], 0.0)
    base = np.where(inside, counts[below, steps], 0.0)
    within = counts[chosen, steps] - base
    with np.errstate(all="ignore"):
        values = start + (bounds[chosen] - start) * ((rank - base) / within)
    values = np.where((chosen == 0) & (bounds[0] <= 0), bounds[0], values)
    values = np.where(chosen == len(bounds) - 1, bounds[-2], values)
    return np.where(usual, np.where(observed == 0, np.nan, values), odd)


def _monotonic(counts: Floats) -> Floats:
    """Buckets that were scraped while they changed may count less than a smaller one; NaN says nothing."""
    unknown = np.isnan(counts) | np.isnan(counts[0])
    return np.where(unknown, counts, np.fmax.accumulate(counts, axis=0))


def _bound(le: str) -> float | None:
    try:
        return float(le)
    except ValueError:
        return None
