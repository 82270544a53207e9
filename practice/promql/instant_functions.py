"""Functions of one moment: of each value by itself, or of labels."""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from practice.promql.labels import Labels, labels_of, nameless
from practice.promql.matchers import Matcher, compiled
from practice.promql.memory import Floats
from practice.promql.problems import BadQuery, CannotExecute
from practice.promql.quantile import histogram_quantile
from practice.promql.values import Scalar, Text, Value, Vector

Elementwise: TypeAlias = Callable[..., Floats]


def _clamp(values: Floats, least: Floats, most: Floats) -> Floats:
    return np.maximum(least, np.minimum(most, values))


def _round(values: Floats, nearest: Floats | float = 1.0) -> Floats:
    # Prometheus multiplies by the inverse, which can differ in the last digit from dividing.
    inverse = 1.0 / np.asarray(nearest)
    rounded: Floats = np.floor(values * inverse + 0.5) / inverse
    return rounded


ELEMENTWISE: Mapping[str, Elementwise] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "round": _round,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "sgn": np.sign,
    "clamp": _clamp,
    "clamp_min": lambda values, least: np.maximum(least, values),
    "clamp_max": lambda values, most: np.minimum(most, values),
}
"""The vector's values first, then one row of values per scalar argument."""


def elementwise(name: str, vector: Value, *arguments: Value) -> Vector:
    assert isinstance(vector, Vector)
    rest = [each.values for each in arguments if isinstance(each, Scalar)]
    values = ELEMENTWISE[name](vector.values, *rest)
    there = vector.there
    if name == "clamp":
        there = there & ~(rest[0] > rest[1])
    found = Vector([], values, there)
    return found.relabelled([nameless(labels) for labels in vector.labels])


_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)


def _label_replace(vector: Vector, *texts: Text) -> Vector:
    target, replacement, source, pattern = (each.text for each in texts)
    try:
        regex = compiled(pattern)
    except BadQuery as wrong:
        raise CannotExecute(f"invalid regular expression in label_replace(): {pattern}") from wrong
    if not _LABEL_NAME.fullmatch(target):
        raise CannotExecute(f"invalid destination label name in label_replace(): {target}")
    return vector.relabelled([_replaced(labels, target, replacement, source, regex) for labels in vector.labels])


def _replaced(labels: Labels, target: str, replacement: str, source: str, regex: re.Pattern[str]) -> Labels:
    known = dict(labels)
    match = regex.fullmatch(known.get(source, ""))
    return labels_of({**known, target: _expanded(replacement, match)}) if match else labels


def _expanded(template: str, match: re.Match[str]) -> str:
    """Go's Expand: $1, ${1} or $name; what there is no group for is empty."""

    def value(reference: re.Match[str]) -> str:
        dollar, plain, braced = reference.groups()
        name = plain or braced
        if dollar:
            return "$"
        if name.isdigit():
            return (match[int(name)] or "") if int(name) <= match.re.groups else ""
        return match.groupdict().get(name) or ""

    return _REFERENCE.sub(value, template)


def _label_join(vector: Vector, *texts: Text) -> Vector:
    target, separator, *sources = (each.text for each in texts)
    for name in (target, *sources):
        if not _LABEL_NAME.fullmatch(name):
            which = "destination" if name is target else "source"
            raise CannotExecute(f"invalid {which} label name in label_join(): {name}")
    known = [dict(labels) for labels in vector.labels]
    joined = [{**each, target: separator.join(each.get(name, "") for name in sources)} for each in known]
    return vector.relabelled([labels_of(each) for each in joined])


def _as_scalar(vector: Vector) -> Scalar:
    """The only series' value, NaN where there is not exactly one."""
    alone = np.add.reduce(vector.there, axis=0, dtype=np.intp) == 1
    return Scalar(np.where(alone, np.where(vector.there, vector.values, 0.0).sum(axis=0), np.nan))


def _sorted(vector: Vector, sign: float = 1.0) -> Vector:
    """Only an instant query has an order of values; NaN comes last, whichever way."""
    if vector.values.shape[1] > 1:
        return vector
    values = vector.values[:, 0]
    return vector.rows(np.lexsort((sign * values, np.isnan(values))))


CALLS: Mapping[str, Callable[..., Value]] = {
    "histogram_quantile": histogram_quantile,
    "label_replace": _label_replace,
    "label_join": _label_join,
    "vector": Scalar.as_vector,
    "scalar": _as_scalar,
    "sort": _sorted,
    "sort_desc": lambda vector: _sorted(vector, -1.0),
}
"""With what their arguments come to; promql-parser has seen to it that these are of the right types."""


def absent(vector: Vector, matchers: list[Matcher]) -> Vector:
    """1 where there is nothing, with the labels that the selector asked for."""
    there = ~np.logical_or.reduce(vector.there, axis=0, keepdims=True)
    asked: dict[str, list[Matcher]] = {}
    for matcher in matchers:
        asked.setdefault(matcher.name, []).append(matcher)
    labels = {name: found[0].value for name, found in asked.items() if len(found) == 1 and found[0].exact}
    return Vector([nameless(labels_of(labels))], np.ones(there.shape), there).seen()
