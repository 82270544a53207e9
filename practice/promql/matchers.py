"""Which series a selector means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import promql_parser as ast

from practice.promql.labels import NAME, Labels, value_of
from practice.promql.problems import BadQuery

_CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:word:]": r"\w",
    "[:punct:]": r"!-/:-@\[-`{-~",
}


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of Prometheus' regular expressions (RE2), to be used with `fullmatch`."""
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(name, characters)
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError) as wrong:
        raise BadQuery(f"error parsing regexp: {wrong}: `{pattern}`") from wrong


@dataclass
class Matcher:
    """One condition on one label; it remembers what it said about values, which come again and again."""

    name: str
    value: str
    negated: bool = False
    pattern: re.Pattern[str] | None = None
    _said: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, written: ast.Matcher) -> Self:
        negated = written.op in (ast.MatchOp.NotEqual, ast.MatchOp.NotRe)
        regex = written.op in (ast.MatchOp.Re, ast.MatchOp.NotRe)
        return cls(written.name, written.value, negated, compiled(written.value) if regex else None)

    def holds(self, value: str) -> bool:
        """A label that is not there has the value ""."""
        if value not in self._said:
            same = bool(self.pattern.fullmatch(value)) if self.pattern else value == self.value
            self._said[value] = same != self.negated
        return self._said[value]

    @property
    def exact(self) -> bool:
        return self.pattern is None and not self.negated


def matchers_of(selector: ast.VectorSelector) -> list[Matcher]:
    if selector.matchers.or_matchers:
        raise BadQuery('unexpected "or" in label matching, expected "," or "}"')
    found = [Matcher.of(each) for each in selector.matchers.matchers]
    return [Matcher(NAME, selector.name), *found] if selector.name else found


def all_hold(matchers: Sequence[Matcher], labels: Labels) -> bool:
    return all(matcher.holds(value_of(labels, matcher.name)) for matcher in matchers)
