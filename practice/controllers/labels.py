"""Which labels a selector chooses."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from practice.api import Json

Labels: TypeAlias = Mapping[str, str]

_OPERATORS: dict[str, Callable[[str | None, list[str]], bool]] = {
    "In": lambda value, values: value is not None and value in values,
    "NotIn": lambda value, values: value is None or value not in values,
    "Exists": lambda value, values: value is not None,
    "DoesNotExist": lambda value, values: value is None,
    "Gt": lambda value, values: _number(value) > _number(values[0]),
    "Lt": lambda value, values: _number(value) < _number(values[0]) if value is not None else False,
}


def selects(selector: Json | None, labels: Labels) -> bool:
    """A LabelSelector (matchLabels, matchExpressions); one that is missing selects nothing.

    >>> selects({"matchLabels": {"app": "cart"}}, {"app": "cart", "tier": "web"})
    True
    """
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return has_all(wanted, labels) and meets(selector.get("matchExpressions") or [], labels)


def has_all(wanted: Labels, labels: Labels) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def meets(requirements: list[Json], labels: Labels) -> bool:
    """Requirements with key, operator and values, of a label selector or a node selector."""
    return all(_OPERATORS[each["operator"]](labels.get(each["key"]), each.get("values") or []) for each in requirements)


def labels_of(item: Json) -> Labels:
    return item["metadata"].get("labels") or {}


def is_empty(selector: Json | None) -> bool:
    return not selector or not (selector.get("matchLabels") or selector.get("matchExpressions"))


def _number(value: str | None) -> float:
    try:
        return float(value) if value is not None else float("-inf")
    except ValueError:
        return float("-inf")
