"""Numbers with their units, short enough for an axis and exact enough for a decision."""

import math
from dataclasses import dataclass

MOST_DECIMALS = 9
"""A label with more of them is wider than what it stands beside."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One unit for a whole axis, so that its labels can be compared."""

    divisor: float
    suffix: str

    def number(self, value: float) -> str:
        """`value` in this unit, three digits that count, the unit left off."""
        scaled = value / self.divisor
        return f"{scaled:.3g}" if abs(scaled) < 1000 else f"{scaled:,.0f}"

    def label(self, value: float, step: float) -> str:
        """`value` with its unit and just the decimals that tell it from its neighbours, `step` away."""
        apart = step / self.divisor
        decimals = max(0, -math.floor(math.log10(apart) + 1e-9))
        decimals += not math.isclose(round(apart, decimals), apart)
        if decimals > MOST_DECIMALS:
            return f"{value / self.divisor:.3g}{self.suffix}"
        return f"{value / self.divisor:,.{decimals}f}{self.suffix}"


def scale_for(largest: float, unit: str) -> Scale:
    """The unit that shows values up to `largest` without long rows of zeros."""
    size = abs(largest)
    match unit:
        case "s":
            return _first(size, [(1e-3, 1e-6, " µs"), (1.0, 1e-3, " ms"), (300.0, 1.0, " s"), (math.inf, 60.0, " min")])
        case "bytes":
            steps = [(1024.0 ** (n + 1), 1024.0**n, f" {name}") for n, name in enumerate(("B", "KiB", "MiB", "GiB"))]
            return _first(size, [*steps, (math.inf, 1024.0**4, " TiB")])
        case "1/s":
            return Scale(1.0, "/s")
        case "":
            return Scale(1.0, "")
        case _:
            return Scale(1.0, f" {unit}")


def _first(size: float, steps: list[tuple[float, float, str]]) -> Scale:
    return next(Scale(divisor, suffix) for below, divisor, suffix in steps if size < below or below == math.inf)


def ticks(low: float, high: float, scale: Scale, wanted: int = 4) -> tuple[float, ...]:
    """Round values from at or below `low` to at or above `high`, about `wanted` of them."""
    low, high = low / scale.divisor, high / scale.divisor
    if high <= low:
        high = low + (abs(low) or 1.0) * 0.1
    raw = (high - low) / max(1, wanted - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(n * step * scale.divisor for n in range(first, last + 1))
