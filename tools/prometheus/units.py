"""Numbers the way people say them: 450 ms, 0.35 cores, 512 MiB, 3.4 %."""

import math


def humanised(value: float, unit: str) -> str:
    """`value` in `unit` (the units of `domain.cards.Chart`), with as many digits as help."""
    if not math.isfinite(value):
        return "no number"
    match unit:
        case "s":
            return _seconds(value)
        case "bytes":
            return _bytes(value)
        case "%":
            return f"{_digits(value)} %"
        case "1/s":
            return f"{_digits(value)}/s"
        case "cores":
            return f"{_digits(value)} cores"
        case "":
            return _digits(value)
        case _:
            return f"{_digits(value)} {unit}"


def difference(before: float, after: float, unit: str) -> str:
    """The change with its sign: `+450 ms`."""
    sign = "+" if after >= before else "−"
    return sign + humanised(abs(after - before), "points" if unit == "%" else unit)


def _digits(value: float) -> str:
    size = abs(value)
    if value == 0 or size < 0.0005:
        return "0"
    if size >= 1000:
        return f"{value:,.0f}"
    places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _seconds(value: float) -> str:
    size = abs(value)
    if size >= 120:
        return f"{_digits(value / 60)} min"
    if size >= 1:
        return f"{_digits(value)} s"
    return f"{_digits(value * 1000)} ms" if size >= 0.001 or value == 0 else f"{_digits(value * 1e6)} µs"


def _bytes(value: float) -> str:
    size, names = abs(value), ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    power = 0
    while size >= 1024 and power < len(names) - 1:
        size /= 1024
        power += 1
    return f"{_digits(math.copysign(size, value))} {names[power]}"
