"""Answering a query from memory, at one moment or over a span."""

from dataclasses import dataclass

import numpy as np
import promql_parser as ast

from practice.promql.evaluation import Evaluation
from practice.promql.memory import Memory, Moments
from practice.promql.parsing import parse, unwrapped
from practice.promql.problems import BadQuery
from practice.promql.selecting import Steps
from practice.promql.values import Scalar, Text, Value, Vector
from practice.promql.windows import Windows


@dataclass(frozen=True)
class Engine:
    memory: Memory
    subquery_step: int = 60_000
    """Milliseconds between the steps of a subquery that names none."""

    def instant(self, query: str, at: int) -> Value | list[Windows]:
        """The value at one moment, in milliseconds since the epoch; a range selector's samples as they are."""
        tree = unwrapped(parse(query))
        evaluation = Evaluation(self.memory, Steps(np.array([at], np.int64), at, at), self.subquery_step)
        with np.errstate(all="ignore"):
            if isinstance(tree, ast.MatrixSelector | ast.SubqueryExpr):
                return evaluation.windows(tree)
            return evaluation.value(tree)

    def range(self, query: str, start: int, end: int, step: int) -> Scalar | Vector:
        """The value at every step from `start` to `end`, in milliseconds."""
        tree = unwrapped(parse(query))
        evaluation = Evaluation(self.memory, Steps(self.steps(start, end, step), start, end), self.subquery_step)
        with np.errstate(all="ignore"):
            if not isinstance(tree, ast.MatrixSelector | ast.SubqueryExpr):
                value = evaluation.value(tree)
                if not isinstance(value, Text):
                    return value
        kind = "string" if isinstance(tree, ast.StringLiteral) else "range vector"
        raise BadQuery(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')

    @staticmethod
    def steps(start: int, end: int, step: int) -> Moments:
        return np.arange(start, end + 1, step, dtype=np.int64)
