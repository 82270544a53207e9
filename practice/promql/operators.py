"""Arithmetic, comparison and set operators between scalars and vectors, and which series go together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from practice.promql.labels import NAME, Labels, labels_of, nameless, only, shown, without
from practice.promql.memory import Floats
from practice.promql.problems import CannotExecute
from practice.promql.values import Flags, Scalar, Vector

Arithmetic: TypeAlias = Callable[[Floats, Floats], Floats]
Comparison: TypeAlias = Callable[[Floats, Floats], Flags]

ARITHMETIC: Mapping[str, Arithmetic] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
}
COMPARISONS: Mapping[str, Comparison] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
SETS = ("and", "or", "unless")


@dataclass(frozen=True)
class Matching:
    """How series of both sides find each other."""

    labels: frozenset[str] = frozenset()
    on: bool = False
    """Whether `labels` are those that count, or those that do not."""
    many: str = ""
    """ "left" or "right" where that side may have several series for one of the other's."""
    included: tuple[str, ...] = ()
    """Labels taken from the side of the one."""

    def key(self, labels: Labels) -> Labels:
        return only(labels, self.labels) if self.on else without(labels, self.labels | {NAME})


def of_scalars(sign: str, left: Scalar, right: Scalar) -> Scalar:
    if sign in COMPARISONS:
        return Scalar(COMPARISONS[sign](left.values, right.values).astype(float))
    return Scalar(ARITHMETIC[sign](left.values, right.values))


def with_scalar(sign: str, vector: Vector, scalar: Scalar, *, swapped: bool, as_bool: bool) -> Vector:
    """`swapped` where the scalar stands on the left."""
    sides = (scalar.values, vector.values) if swapped else (vector.values, scalar.values)
    if sign in ARITHMETIC:
        return _nameless(Vector(vector.labels, ARITHMETIC[sign](*sides), vector.there))
    holds = np.broadcast_to(COMPARISONS[sign](*sides), vector.there.shape)
    if as_bool:
        return _nameless(Vector(vector.labels, holds.astype(float), vector.there))
    return Vector(vector.labels, vector.values, vector.there & holds).seen()


def of_vectors(sign: str, left: Vector, right: Vector, matching: Matching, *, as_bool: bool) -> Vector:
    if matching.many == "right":
        many, one = right, left
    else:
        many, one = left, right
    both = many.there.any(axis=0) & one.there.any(axis=0)
    ones = _by_key(matching, one)
    for rows in ones.values():
        if len(rows) > 1 and ((one.there[rows].sum(axis=0) > 1) & both).any():
            raise CannotExecute(_several_of_one(matching, one, rows))
    pairs = [(row, other) for row, labels in enumerate(many.labels) for other in ones.get(matching.key(labels), ())]
    if not pairs:
        return Vector.empty(left.there.shape[1])
    mine, others = [row for row, _ in pairs], [other for _, other in pairs]
    there = many.there[mine] & one.there[others]
    first, second = many.values[mine], one.values[others]
    if matching.many == "right":
        first, second = second, first
    if sign in ARITHMETIC:
        values = ARITHMETIC[sign](first, second)
    else:
        holds = COMPARISONS[sign](first, second)
        values = holds.astype(float) if as_bool else first
        there = there if as_bool else there & holds
    drop_name = sign in ARITHMETIC or as_bool
    labels = [_result(many.labels[row], one.labels[other], matching, drop_name) for row, other in pairs]
    if not matching.many:
        keys = [matching.key(many.labels[row]) for row in mine]
        complaint = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        Vector(keys, values, there).merged(complaint)
    complaint = "multiple matches for labels: grouping labels must ensure unique matches"
    return Vector(labels, values, there).merged(complaint).seen()


def of_sets(sign: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    """and, or, unless: whole series by whether the other side has one that goes with it."""
    if sign == "or":
        return Vector.stacked([left, _only_where(right, left, matching, wanted=False)], left.there.shape[1])
    return _only_where(left, right, matching, wanted=sign == "and").seen()


def _only_where(vector: Vector, other: Vector, matching: Matching, *, wanted: bool) -> Vector:
    known = {key: other.there[rows].any(axis=0) for key, rows in _by_key(matching, other).items()}
    nowhere = np.zeros(vector.there.shape[1], bool)
    found = [known.get(matching.key(labels), nowhere) for labels in vector.labels]
    shape = vector.there.shape
    return Vector(vector.labels, vector.values, vector.there & (np.array(found, bool).reshape(shape) == wanted))


def _result(many: Labels, one: Labels, matching: Matching, drop_name: bool) -> Labels:
    labels = nameless(many) if drop_name else many
    if not matching.many:
        labels = only(labels, matching.labels) if matching.on else without(labels, matching.labels)
    if matching.included:
        from_one = dict(one)
        labels = labels_of({**dict(labels), **{name: from_one.get(name, "") for name in matching.included}})
    return labels


def _by_key(matching: Matching, vector: Vector) -> dict[Labels, list[int]]:
    found: dict[Labels, list[int]] = {}
    for row, labels in enumerate(vector.labels):
        found.setdefault(matching.key(labels), []).append(row)
    return found


def _several_of_one(matching: Matching, one: Vector, rows: Iterable[int]) -> str:
    labels = [one.labels[row] for row in rows]
    side = "left" if matching.many == "right" else "right"
    return (
        f"found duplicate series for the match group {shown(matching.key(labels[0]))} on the {side} hand-side of the "
        f"operation: [{shown(labels[1])}, {shown(labels[0])}];"
        "many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _nameless(vector: Vector) -> Vector:
    return vector.relabelled([nameless(labels) for labels in vector.labels])
