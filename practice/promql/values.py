"""What an expression comes to: one value per step for a scalar, one per series and step for a vector."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from practice.promql.labels import Labels
from practice.promql.memory import Floats
from practice.promql.problems import CannotExecute

Flags: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True)
class Scalar:
    values: Floats

    def as_vector(self) -> "Vector":
        """One series without labels."""
        return Vector([()], self.values[np.newaxis], np.ones((1, len(self.values)), bool))


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Vector:
    labels: list[Labels]
    values: Floats
    """Series × steps; anything where `there` is false."""
    there: Flags

    @classmethod
    def empty(cls, steps: int) -> "Vector":
        return cls([], np.empty((0, steps)), np.empty((0, steps), bool))

    @classmethod
    def stacked(cls, parts: Sequence["Vector"], steps: int) -> "Vector":
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty(steps)
        labels = [each for part in parts for each in part.labels]
        return cls(labels, np.concatenate([part.values for part in parts]), np.concatenate([p.there for p in parts]))

    def rows(self, chosen: Sequence[int] | NDArray[np.intp]) -> "Vector":
        return Vector([self.labels[row] for row in chosen], self.values[chosen], self.there[chosen])

    def seen(self) -> "Vector":
        """Without series that have no value at any step."""
        rows = np.flatnonzero(self.there.any(axis=1))
        return self if len(rows) == len(self.labels) else self.rows(rows)

    def relabelled(self, labels: list[Labels]) -> "Vector":
        """The same values under other labels; series that thereby become one must not overlap."""
        return Vector(labels, self.values, self.there).merged("vector cannot contain metrics with the same labelset")

    def merged(self, complaint: str) -> "Vector":
        """Series of equal labels as one; CannotExecute with the complaint where two have a value at the same step."""
        if len(set(self.labels)) == len(self.labels):
            return self
        alike: dict[Labels, list[int]] = {}
        for row, labels in enumerate(self.labels):
            alike.setdefault(labels, []).append(row)
        values, there = [], []
        for rows in alike.values():
            if (self.there[rows].sum(axis=0) > 1).any():
                raise CannotExecute(complaint)
            there.append(self.there[rows].any(axis=0))
            values.append(np.where(self.there[rows], self.values[rows], -np.inf).max(axis=0))
        return Vector(list(alike), np.array(values), np.array(there))


Value: TypeAlias = Scalar | Text | Vector
