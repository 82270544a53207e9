"""The course of a series in words, for who does not see the picture."""

import math

from domain.cards import Series
from domain.quantities import scale_for
from domain.visible import one_line


def in_words(series: Series, unit: str) -> str:
    """`checkout: 0.12 → 0.57 cores, at most 0.6`."""
    label = f"{one_line(series.label)}: " if series.label.strip() else ""
    values = [value for _, value in series.points if math.isfinite(value)]
    if not values:
        return f"{label}no data"
    scale = scale_for(max(map(abs, values)), unit)
    first, last, top = (scale.number(value) for value in (values[0], values[-1], max(values)))
    course = f"{last}{scale.suffix}" if first == last else f"{first} → {last}{scale.suffix}"
    return f"{label}{course}" if top in (first, last) else f"{label}{course}, at most {top}"
