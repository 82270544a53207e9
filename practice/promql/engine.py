"""Answering a query: the tree that promql-parser reads, walked once, every node for all steps at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import promql_parser as ast

from practice.promql import operators
from practice.promql.aggregation import REDUCTIONS, SELECTIONS, aggregated, quantile, selected
from practice.promql.instant_functions import ELEMENTWISE, absent, elementwise, label_join, label_replace
from practice.promql.labels import nameless
from practice.promql.matchers import matchers_of
from practice.promql.memory import Columns, Floats, Memory, Moments, bounded
from practice.promql.parsing import parse
from practice.promql.problems import BadQuery, CannotExecute
from practice.promql.quantile import histogram_quantile
from practice.promql.range_functions import RANGE_FUNCTIONS
from practice.promql.values import Scalar, Text, Value, Vector
from practice.promql.windows import Windows

LOOKS_BACK = 300_000
"""Milliseconds after which a series that is not told of any more has no value."""


@dataclass(frozen=True)
class Engine:
    memory: Memory
    subquery_step: int = 60_000
    """Milliseconds between the steps of a subquery that names none."""

    def instant(self, query: str, at: int) -> Value | list[Windows]:
        """The value at one moment; a range selector's samples as they are."""
        tree = parse(query)
        evaluation = Evaluation(self, np.array([at], np.int64), at, at)
        with np.errstate(all="ignore"):
            if isinstance(tree, ast.MatrixSelector | ast.SubqueryExpr):
                return evaluation.windows(tree)
            return evaluation.value(tree)

    def range(self, query: str, start: int, end: int, step: int) -> Scalar | Vector:
        """The value at every step from `start` to `end`, in milliseconds."""
        tree = parse(query)
        steps = self.steps(start, end, step)
        with np.errstate(all="ignore"):
            if not isinstance(tree, ast.MatrixSelector | ast.SubqueryExpr):
                value = Evaluation(self, steps, start, end).value(tree)
                if not isinstance(value, Text):
                    return value
        kind = "string" if isinstance(tree, ast.StringLiteral) else "range vector"
        raise BadQuery(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')

    @staticmethod
    def steps(start: int, end: int, step: int) -> Moments:
        return np.arange(start, end + 1, step, dtype=np.int64)


@dataclass(frozen=True)
class Evaluation:
    """One query, or one subquery, at its steps."""

    engine: Engine
    steps: Moments
    start: int
    """Of the whole query, which `@ start()` means even inside a subquery."""
    end: int

    def value(self, node: ast.Expr) -> Value:
        match node:
            case ast.ParenExpr():
                return self.value(node.expr)
            case ast.NumberLiteral():
                return Scalar(np.full(len(self.steps), node.val))
            case ast.StringLiteral():
                return Text(node.val)
            case ast.VectorSelector():
                return self._selected(node)
            case ast.UnaryExpr():
                return self._negated(self.value(node.expr))
            case ast.BinaryExpr():
                return self._combined(node)
            case ast.AggregateExpr():
                return self._aggregated(node)
            case ast.Call():
                return self._called(node)
        raise BadQuery(f"expression not supported here: {node}")

    def windows(self, node: ast.Expr) -> list[Windows]:
        """The samples of a range selector or a subquery, around every step."""
        while isinstance(node, ast.ParenExpr):
            node = node.expr
        if isinstance(node, ast.SubqueryExpr):
            return self._of_subquery(node)
        assert isinstance(node, ast.MatrixSelector)
        ends, length = self._moments(node.vector_selector), _milliseconds(node.range)
        found = self.engine.memory.select(matchers_of(node.vector_selector), int(ends.min()) - length, int(ends.max()))
        return [
            Windows(alike.labels, alike.moments, alike.values, ends, length)
            for each in found
            for alike in each.alike(~(each.absent | each.stale))
        ]

    def _selected(self, node: ast.VectorSelector) -> Vector:
        """At each step the last sample, unless it is old or says that the series ended."""
        at = self._moments(node)
        parts = []
        for found in self.engine.memory.select(matchers_of(node), int(at.min()) - LOOKS_BACK, int(at.max())):
            bounded(len(found.labels) * len(at))
            for alike in found.alike(~found.absent):
                told = Windows(alike.labels, alike.moments, alike.values, at, LOOKS_BACK)
                ended = alike.stale[:, told.last]
                parts.append(Vector(told.labels, told.values[:, told.last], told.holding(1) & ~ended))
        return Vector.stacked(parts, len(self.steps)).seen()

    def _of_subquery(self, node: ast.SubqueryExpr) -> list[Windows]:
        assert node.range
        ends, length = self._moments(node), _milliseconds(node.range)
        step = _milliseconds(node.step) if node.step else self.engine.subquery_step
        first, last = int(ends.min()) - length, int(ends.max())
        bounded(max(last - first, 0) // step)
        steps = np.arange(-(-first // step) * step, last + 1, step, dtype=np.int64)
        if not len(steps):
            return []
        inner = replace(self, steps=steps).value(node.expr)
        if isinstance(inner, Scalar):
            inner = Vector([()], inner.values[np.newaxis], np.ones((1, len(steps)), bool))
        assert isinstance(inner, Vector)
        found = Columns(steps, inner.labels, inner.values).alike(inner.there)
        return [Windows(each.labels, each.moments, each.values, ends, length) for each in found if each.labels]

    def _moments(self, node: ast.VectorSelector | ast.SubqueryExpr) -> Moments:
        """Where a selector looks at each step, after @ and offset."""
        steps = self.steps
        if node.at is not None:
            steps = np.full(len(steps), self._fixed(node.at), np.int64)
        return steps - _milliseconds(node.offset) if node.offset else steps

    def _fixed(self, at: ast.AtModifier) -> int:
        if at.type == ast.AtModifierType.Start:
            return self.start
        if at.type == ast.AtModifierType.End:
            return self.end
        assert at.at is not None
        return round(at.at.timestamp() * 1000)

    def _negated(self, value: Value) -> Value:
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        assert isinstance(value, Vector)
        return Vector([], -value.values, value.there).relabelled([nameless(labels) for labels in value.labels])

    def _combined(self, node: ast.BinaryExpr) -> Value:
        sign, how = str(node.op), node.modifier
        if sign not in _OPERATORS:
            raise BadQuery(f"1:1: parse error: operator {sign!r} is not supported here")
        left, right = self.value(node.lhs), self.value(node.rhs)
        as_bool = bool(how and how.return_bool)
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return operators.of_scalars(sign, left, right)
        if isinstance(left, Vector) and isinstance(right, Scalar):
            return operators.with_scalar(sign, left, right, swapped=False, as_bool=as_bool)
        if isinstance(left, Scalar) and isinstance(right, Vector):
            return operators.with_scalar(sign, right, left, swapped=True, as_bool=as_bool)
        assert isinstance(left, Vector)
        assert isinstance(right, Vector)
        if sign in operators.SETS:
            return operators.of_sets(sign, left, right, _matching(how))
        return operators.of_vectors(sign, left, right, _matching(how), as_bool=as_bool)

    def _aggregated(self, node: ast.AggregateExpr) -> Vector:
        how = str(node.op)
        by = node.modifier is None or node.modifier.type == ast.AggModifierType.By
        names = frozenset(node.modifier.labels if node.modifier else ())
        vector = self._vector(node.expr)
        if how in REDUCTIONS:
            return aggregated(how, vector, names, by=by)
        if how in SELECTIONS:
            return selected(how, self._scalar(node.param), vector, names, by=by)
        if how == "quantile":
            return quantile(self._scalar(node.param), vector, names, by=by)
        raise _unknown(how)

    def _called(self, node: ast.Call) -> Value:
        name, arguments = node.func.name, node.args
        if name in RANGE_FUNCTIONS:
            return self._over_range(name, arguments[0])
        if name in ELEMENTWISE:
            rest = [self._scalar(each).values for each in arguments[1:]]
            return elementwise(name, self._vector(arguments[0]), rest)
        if name in _CALLS:
            return _CALLS[name](self, arguments)
        raise _unknown(name)

    def _over_range(self, name: str, argument: ast.Expr) -> Vector:
        function, needs = RANGE_FUNCTIONS[name]
        parts = []
        for windows in self.windows(argument):
            bounded(len(windows.labels) * len(windows.ends))
            parts.append(Vector(windows.labels, function(windows), windows.holding(needs)))
        found = Vector.stacked(parts, len(self.steps)).seen()
        if name == "last_over_time":
            return found
        labels = [nameless(each) for each in found.labels]
        if len(set(labels)) < len(labels):
            raise CannotExecute("vector cannot contain metrics with the same labelset")
        return Vector(labels, found.values, found.there)

    def _vector(self, node: ast.Expr) -> Vector:
        value = self.value(node)
        assert isinstance(value, Vector)
        return value

    def _scalar(self, node: ast.Expr | None) -> Scalar:
        assert node is not None
        value = self.value(node)
        assert isinstance(value, Scalar)
        return value

    def _text(self, node: ast.Expr) -> str:
        value = self.value(node)
        assert isinstance(value, Text)
        return value.text

    # What is called by name and needs more than values.

    def _histogram_quantile(self, arguments: list[ast.Expr]) -> Value:
        return histogram_quantile(self._scalar(arguments[0]), self._vector(arguments[1]))

    def _label_replace(self, arguments: list[ast.Expr]) -> Value:
        target, replacement, source, pattern = map(self._text, arguments[1:])
        return label_replace(self._vector(arguments[0]), target, replacement, source, pattern)

    def _label_join(self, arguments: list[ast.Expr]) -> Value:
        target, separator, *sources = map(self._text, arguments[1:])
        return label_join(self._vector(arguments[0]), target, separator, sources)

    def _absent(self, arguments: list[ast.Expr]) -> Value:
        (selector,) = arguments
        matchers = matchers_of(selector) if isinstance(selector, ast.VectorSelector) else []
        return absent(self._vector(selector), matchers)

    def _absent_over_time(self, arguments: list[ast.Expr]) -> Value:
        (selector,) = arguments
        matchers = matchers_of(selector.vector_selector) if isinstance(selector, ast.MatrixSelector) else []
        return absent(self._over_range("last_over_time", selector), matchers)

    def _as_vector(self, arguments: list[ast.Expr]) -> Value:
        values: Floats = self._scalar(arguments[0]).values[np.newaxis]
        return Vector([()], values, np.ones(values.shape, bool))

    def _as_scalar(self, arguments: list[ast.Expr]) -> Value:
        vector = self._vector(arguments[0])
        alone = vector.there.sum(axis=0) == 1
        return Scalar(np.where(alone, np.where(vector.there, vector.values, 0.0).sum(axis=0), np.nan))

    def _sorted(self, arguments: list[ast.Expr]) -> Value:
        return self._ordered(arguments, 1.0)

    def _sorted_down(self, arguments: list[ast.Expr]) -> Value:
        return self._ordered(arguments, -1.0)

    def _ordered(self, arguments: list[ast.Expr], sign: float) -> Value:
        """Only an instant query has an order of values."""
        vector = self._vector(arguments[0])
        if len(self.steps) > 1 or not vector.labels:
            return vector
        values = vector.values[:, 0]
        return vector.rows(np.lexsort((sign * values, np.isnan(values))))

    def _time(self, arguments: list[ast.Expr]) -> Value:
        return Scalar(self.steps / 1000)


_CALLS: Mapping[str, Callable[[Evaluation, list[ast.Expr]], Value]] = {
    "histogram_quantile": Evaluation._histogram_quantile,
    "label_replace": Evaluation._label_replace,
    "label_join": Evaluation._label_join,
    "absent": Evaluation._absent,
    "absent_over_time": Evaluation._absent_over_time,
    "vector": Evaluation._as_vector,
    "scalar": Evaluation._as_scalar,
    "sort": Evaluation._sorted,
    "sort_desc": Evaluation._sorted_down,
    "time": Evaluation._time,
}


_OPERATORS = frozenset([*operators.ARITHMETIC, *operators.COMPARISONS, *operators.SETS])


def _unknown(name: str) -> BadQuery:
    return BadQuery(f'1:1: parse error: unknown function with name "{name}"')


def _matching(how: ast.BinModifier | None) -> operators.Matching:
    if how is None:
        return operators.Matching()
    many = ""
    if how.card == ast.VectorMatchCardinality.ManyToOne:
        many = "left"
    elif how.card == ast.VectorMatchCardinality.OneToMany:
        many = "right"
    return operators.Matching(
        labels=frozenset(how.matching.labels if how.matching else ()),
        on=bool(how.matching and how.matching.type == ast.LabelModifierType.Include),
        many=many,
        included=tuple(how.group_labels or ()),
    )


def _milliseconds(length: timedelta) -> int:
    return round(length.total_seconds() * 1000)
