"""Label sets as sorted tuples: they can be keys, and their order is Prometheus' own."""

from collections.abc import Container, Mapping
from typing import TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""(name, value) sorted by name; an empty value is the same as none and is left out."""

NAME = "__name__"
_THE_NAME = frozenset({NAME})


def labels_of(values: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in values.items() if value))


def value_of(labels: Labels, name: str) -> str:
    """ "" where the label is not there."""
    for each, value in labels:
        if each == name:
            return value
    return ""


def only(labels: Labels, names: Container[str]) -> Labels:
    return tuple([pair for pair in labels if pair[0] in names])


def without(labels: Labels, names: Container[str]) -> Labels:
    return tuple([pair for pair in labels if pair[0] not in names])


def nameless(labels: Labels) -> Labels:
    """Without the metric's name, which no computed value keeps."""
    return without(labels, _THE_NAME)


def shown(labels: Labels) -> str:
    """As Prometheus writes them in messages."""
    inside = ", ".join(f'{name}="{value}"' for name, value in labels)
    return f"{{{inside}}}"
