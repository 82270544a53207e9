"""Numbers as alerts tell them to people: 2.4s, 5.1%, 1.2k."""

import math

from practice.metrics.numbers import rounded

_LARGE = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("", "m", "u", "n", "p", "f", "a", "z", "y")
_BINARY = ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


def with_prefix(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return rounded(value)
    power = 0
    if abs(value) >= 1:
        while abs(value) >= 1000 and power < len(_LARGE) - 1:
            value, power = value / 1000, power + 1
        return f"{rounded(value)}{_LARGE[power]}"
    while abs(value) < 1 and power < len(_SMALL) - 1:
        value, power = value * 1000, power + 1
    return f"{rounded(value)}{_SMALL[power]}"


def with_binary_prefix(value: float) -> str:
    if abs(value) <= 1 or not math.isfinite(value):
        return rounded(value)
    power = 0
    while abs(value) >= 1024 and power < len(_BINARY) - 1:
        value, power = value / 1024, power + 1
    return f"{rounded(value)}{_BINARY[power]}"


def duration(seconds: float) -> str:
    """Days to seconds; below a second with a prefix."""
    if not math.isfinite(seconds):
        return rounded(seconds)
    if abs(seconds) < 1:
        return f"{with_prefix(seconds)}s"
    sign, size = ("-" if seconds < 0 else ""), abs(seconds)
    days, rest = divmod(int(size), 86_400)
    hours, minutes, left = rest // 3600, rest // 60 % 60, rest % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {left}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {left}s"
    return f"{sign}{minutes}m {left}s" if minutes else f"{sign}{rounded(size)}s"


def percentage(share: float) -> str:
    return f"{rounded(share * 100)}%"
