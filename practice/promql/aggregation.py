"""sum, avg, topk and their like: many series into few, by labels."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from practice.promql.labels import NAME, Labels, only, without
from practice.promql.memory import Floats
from practice.promql.problems import CannotExecute
from practice.promql.values import Flags, Places, Scalar, Vector

Reduced: TypeAlias = Callable[[Floats, Flags, Places], Floats]
"""Series × steps with the members of a group together, where they are, where each group starts → groups × steps."""


def _sum(values: Floats, there: Flags, starts: Places) -> Floats:
    return np.add.reduceat(np.where(there, values, 0.0), starts, axis=0)


def _count(values: Floats, there: Flags, starts: Places) -> Floats:
    return np.add.reduceat(there.astype(float), starts, axis=0)


def _avg(values: Floats, there: Flags, starts: Places) -> Floats:
    return _sum(values, there, starts) / np.maximum(_count(values, there, starts), 1)


def _min(values: Floats, there: Flags, starts: Places) -> Floats:
    return np.fmin.reduceat(np.where(there, values, np.nan), starts, axis=0)


def _max(values: Floats, there: Flags, starts: Places) -> Floats:
    return np.fmax.reduceat(np.where(there, values, np.nan), starts, axis=0)


def _group(values: Floats, there: Flags, starts: Places) -> Floats:
    return np.ones((len(starts), values.shape[1]))


def _stdvar(values: Floats, there: Flags, starts: Places) -> Floats:
    sizes = np.diff([*starts, len(values)])
    away = values - np.repeat(_avg(values, there, starts), sizes, axis=0)
    return _avg(away**2, there, starts)


def _stddev(values: Floats, there: Flags, starts: Places) -> Floats:
    return np.sqrt(_stdvar(values, there, starts))


REDUCTIONS: Mapping[str, Reduced] = {
    "sum": _sum,
    "count": _count,
    "avg": _avg,
    "min": _min,
    "max": _max,
    "group": _group,
    "stdvar": _stdvar,
    "stddev": _stddev,
}
SELECTIONS = ("topk", "bottomk")


def aggregated(how: str, vector: Vector, names: frozenset[str], *, by: bool) -> Vector:
    groups = _groups(vector, names, by=by)
    if not groups:
        return vector
    rows = [row for members in groups.values() for row in members]
    starts = np.cumsum([0, *map(len, groups.values())])[:-1]
    together = vector.rows(rows)
    there: Flags = np.logical_or.reduceat(together.there, starts, axis=0)
    return Vector(list(groups), REDUCTIONS[how](together.values, together.there, starts), there).seen()


def quantile(share: Scalar, vector: Vector, names: frozenset[str], *, by: bool) -> Vector:
    groups = _groups(vector, names, by=by)
    steps = vector.there.shape[1]
    values = np.empty((len(groups), steps))
    there = np.empty((len(groups), steps), bool)
    for number, rows in enumerate(groups.values()):
        there[number] = vector.there[rows].any(axis=0)
        for step in np.flatnonzero(there[number]):
            members = vector.values[rows, step][vector.there[rows, step]]
            values[number, step] = quantile_of(share.values[step], members)
    return Vector(list(groups), values, there).seen()


def quantile_of(share: float, members: Floats) -> float:
    """Between the two nearest members; NaN is the smallest of all."""
    if np.isnan(share):
        return float("nan")
    if not 0 <= share <= 1:
        return float("-inf") if share < 0 else float("inf")
    ordered = members[np.lexsort((members, ~np.isnan(members)))]
    rank = share * (len(ordered) - 1)
    lower = int(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    with np.errstate(invalid="ignore"):
        return float(ordered[lower] * (1 - weight) + ordered[upper] * weight)


def selected(how: str, most: Scalar, vector: Vector, names: frozenset[str], *, by: bool) -> Vector:
    """topk and bottomk: the series themselves, in order where there is only one step."""
    if len(wrong := most.values[~(np.abs(most.values) < 2**63)]):
        raise CannotExecute(f"Scalar value {wrong[0]:g} overflows int64")
    there = np.zeros_like(vector.there)
    order: list[int] = []
    sign = -1.0 if how == "topk" else 1.0
    for rows in _groups(vector, names, by=by).values():
        values, where = vector.values[rows], vector.there[rows]
        ranked = np.lexsort((sign * values, np.isnan(values), ~where), axis=0)
        ranks: NDArray[np.intp] = np.empty_like(ranked)
        np.put_along_axis(ranks, ranked, np.arange(len(rows))[:, np.newaxis], axis=0)
        there[rows] = where & (ranks < most.values.astype(np.int64))
        order += [rows[place] for place in ranked[:, 0]]
    return Vector(vector.labels, vector.values, there).rows(order).seen()


def _groups(vector: Vector, names: frozenset[str], *, by: bool) -> dict[Labels, list[int]]:
    groups: dict[Labels, list[int]] = {}
    dropped = names | {NAME}
    for row, labels in enumerate(vector.labels):
        groups.setdefault(only(labels, names) if by else without(labels, dropped), []).append(row)
    return groups
