"""What selectors read from memory: the samples around each step of a query, after @ and offset."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import promql_parser as ast

from practice.promql.matchers import matchers_of
from practice.promql.memory import Memory, Moments, bounded
from practice.promql.problems import BadQuery
from practice.promql.values import Vector
from practice.promql.windows import Windows

LOOKS_BACK = 300_000
"""Milliseconds after which a series that is not told of any more has no value."""


@dataclass(frozen=True)
class Steps:
    """The moments at which a query, or a subquery, is answered."""

    moments: Moments
    start: int
    """Of the whole query, which `@ start()` means even inside a subquery."""
    end: int

    def around(self, ends: Moments, length: int, step: int) -> "Steps":
        """Those of a subquery: every `step` milliseconds, counted from the epoch, within all its windows."""
        first, last = int(ends.min()) - length, int(ends.max())
        bounded(max(last - first, 0) // step)
        return replace(self, moments=np.arange(-(-first // step) * step, last + 1, step, dtype=np.int64))

    def of(self, node: ast.VectorSelector | ast.SubqueryExpr) -> Moments:
        """Where a selector looks at each step."""
        moments = self.moments
        if node.at is not None:
            moments = np.full(len(moments), self._fixed(node.at), np.int64)
        return moments - milliseconds(node.offset) if node.offset else moments

    def _fixed(self, at: ast.AtModifier) -> int:
        if at.type == ast.AtModifierType.Start:
            return self.start
        if at.type == ast.AtModifierType.End:
            return self.end
        try:
            assert at.at is not None
            return round(at.at.timestamp() * 1000)
        except (ValueError, OverflowError) as wrong:
            raise BadQuery("1:1: parse error: timestamp out of bounds for @ modifier") from wrong


def samples(memory: Memory, node: ast.VectorSelector, steps: Steps) -> Vector:
    """At each step the last sample, unless it is old or says that the series ended."""
    at = steps.of(node)
    parts = []
    for found in memory.select(matchers_of(node), int(at.min()) - LOOKS_BACK, int(at.max())):
        bounded(len(found.labels) * len(at))
        for alike in found.alike(~found.absent):
            told = Windows(alike.labels, alike.moments, alike.values, at, LOOKS_BACK)
            ended = alike.stale[:, told.last]
            parts.append(Vector(told.labels, told.values[:, told.last], told.holding(1) & ~ended))
    return Vector.stacked(parts, len(at)).seen()


def ranges(memory: Memory, node: ast.MatrixSelector, steps: Steps) -> list[Windows]:
    """All samples within the range before each step."""
    selector = node.vector_selector
    ends, length = steps.of(selector), milliseconds(node.range)
    return [
        Windows(alike.labels, alike.moments, alike.values, ends, length)
        for found in memory.select(matchers_of(selector), int(ends.min()) - length, int(ends.max()))
        for alike in found.alike(~(found.absent | found.stale))
    ]


def milliseconds(length: timedelta) -> int:
    return round(length.total_seconds() * 1000)
