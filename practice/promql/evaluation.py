"""One walk over the tree that promql-parser reads, every node for all steps at once."""

from dataclasses import dataclass, replace

import numpy as np
import promql_parser as ast

from practice.promql import operators, selecting
from practice.promql.aggregation import REDUCTIONS, SELECTIONS, aggregated, quantile, selected
from practice.promql.instant_functions import CALLS, ELEMENTWISE, absent, elementwise
from practice.promql.labels import nameless
from practice.promql.matchers import Matcher, matchers_of
from practice.promql.memory import Columns, Memory, bounded
from practice.promql.parsing import unwrapped
from practice.promql.problems import BadQuery, CannotExecute
from practice.promql.range_functions import RANGE_FUNCTIONS
from practice.promql.selecting import Steps, milliseconds
from practice.promql.values import Scalar, Text, Value, Vector
from practice.promql.windows import Windows

_OPERATORS = frozenset([*operators.ARITHMETIC, *operators.COMPARISONS, *operators.SETS])


@dataclass(frozen=True)
class Evaluation:
    """One query, or one subquery, at its steps."""

    memory: Memory
    steps: Steps
    subquery_step: int
    """Milliseconds between the steps of a subquery that names none."""

    def value(self, node: ast.Expr) -> Value:
        match node:
            case ast.ParenExpr():
                return self.value(node.expr)
            case ast.NumberLiteral():
                return Scalar(np.full(len(self.steps.moments), node.val))
            case ast.StringLiteral():
                return Text(node.val)
            case ast.VectorSelector():
                return selecting.samples(self.memory, node, self.steps)
            case ast.UnaryExpr():
                return _negated(self.value(node.expr))
            case ast.BinaryExpr():
                return self._combined(node)
            case ast.AggregateExpr():
                return self._aggregated(node)
            case ast.Call():
                return self._called(node)
        raise BadQuery(f"1:1: parse error: {node} has no value of its own")

    def windows(self, node: ast.Expr) -> list[Windows]:
        """The samples of a range selector or a subquery, around every step."""
        node = unwrapped(node)
        if isinstance(node, ast.SubqueryExpr):
            return self._of_subquery(node)
        assert isinstance(node, ast.MatrixSelector)
        return selecting.ranges(self.memory, node, self.steps)

    def _of_subquery(self, node: ast.SubqueryExpr) -> list[Windows]:
        assert node.range
        ends, length = self.steps.of(node), milliseconds(node.range)
        steps = self.steps.around(ends, length, milliseconds(node.step) if node.step else self.subquery_step)
        if not len(steps.moments):
            return []
        inner = replace(self, steps=steps).value(node.expr)
        if not isinstance(inner, Vector):
            raise BadQuery("1:1: parse error: subquery is only allowed on instant vector")
        found = Columns(steps.moments, inner.labels, inner.values).alike(inner.there)
        return [Windows(each.labels, each.moments, each.values, ends, length) for each in found if each.labels]

    def _combined(self, node: ast.BinaryExpr) -> Value:
        sign, how = str(node.op), node.modifier
        if sign not in _OPERATORS:
            raise BadQuery(f"1:1: parse error: operator {sign!r} is not known here")
        left, right = self.value(node.lhs), self.value(node.rhs)
        as_bool = bool(how and how.return_bool)
        match left, right:
            case Scalar(), Scalar():
                return operators.of_scalars(sign, left, right)
            case Vector(), Scalar():
                return operators.with_scalar(sign, left, right, swapped=False, as_bool=as_bool)
            case Scalar(), Vector():
                return operators.with_scalar(sign, right, left, swapped=True, as_bool=as_bool)
            case Vector(), Vector() if sign in operators.SETS:
                return operators.of_sets(sign, left, right, _matching(how))
            case Vector(), Vector():
                return operators.of_vectors(sign, left, right, _matching(how), as_bool=as_bool)
        raise BadQuery("1:1: parse error: binary expression must contain only scalar and instant vector types")

    def _aggregated(self, node: ast.AggregateExpr) -> Vector:
        how = str(node.op)
        by = node.modifier is None or node.modifier.type == ast.AggModifierType.By
        names = frozenset(node.modifier.labels if node.modifier else ())
        vector = self.value(node.expr)
        assert isinstance(vector, Vector)
        if how in REDUCTIONS:
            return aggregated(how, vector, names, by=by)
        if how not in SELECTIONS and how != "quantile":
            raise _unknown(how)
        assert node.param is not None
        parameter = self.value(node.param)
        assert isinstance(parameter, Scalar)
        if how == "quantile":
            return quantile(parameter, vector, names, by=by)
        return selected(how, parameter, vector, names, by=by)

    def _called(self, node: ast.Call) -> Value:
        name, arguments = node.func.name, node.args
        if name == "time":
            return Scalar(self.steps.moments / 1000)
        if name in RANGE_FUNCTIONS:
            return self._over_range(name, arguments[0])
        if name == "absent_over_time":
            return absent(self._over_range("last_over_time", arguments[0]), _asked_for(arguments[0]))
        if name not in (*CALLS, *ELEMENTWISE, "absent"):
            raise _unknown(name)
        values = [self.value(each) for each in arguments]
        if name == "absent":
            assert isinstance(values[0], Vector)
            return absent(values[0], _asked_for(arguments[0]))
        return CALLS[name](*values) if name in CALLS else elementwise(name, *values)

    def _over_range(self, name: str, argument: ast.Expr) -> Vector:
        function, needs = RANGE_FUNCTIONS[name]
        parts = []
        for windows in self.windows(argument):
            bounded(len(windows.labels) * len(windows.ends))
            parts.append(Vector(windows.labels, function(windows), windows.holding(needs)))
        found = Vector.stacked(parts, len(self.steps.moments)).seen()
        if name == "last_over_time":
            return found
        labels = [nameless(each) for each in found.labels]
        if len(set(labels)) < len(labels):
            raise CannotExecute("vector cannot contain metrics with the same labelset")
        return Vector(labels, found.values, found.there)


def _negated(value: Value) -> Value:
    if isinstance(value, Scalar):
        return Scalar(-value.values)
    assert isinstance(value, Vector)
    return Vector([], -value.values, value.there).relabelled([nameless(labels) for labels in value.labels])


def _asked_for(node: ast.Expr) -> list[Matcher]:
    """What a plain selector asks for, which is all that is known of what is absent."""
    if isinstance(node, ast.MatrixSelector):
        node = node.vector_selector
    return matchers_of(node) if isinstance(node, ast.VectorSelector) else []


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


def _unknown(name: str) -> BadQuery:
    return BadQuery(f'1:1: parse error: unknown function with name "{name}"')
