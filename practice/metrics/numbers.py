"""Numbers as Go prints them in Prometheus' answers and alerts."""

import math
from decimal import Decimal


def plain(value: float) -> str:
    """As few digits as say it, never with an exponent: scalars in answers."""
    if not math.isfinite(value):
        return _odd(value)
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def sample(value: float) -> str:
    """The same, with an exponent where it is very large or very small: values of series in answers."""
    if value and not 1e-6 <= abs(value) < 1e21 and math.isfinite(value):
        return scientific(value)
    return plain(value)


def scientific(value: float) -> str:
    """`5.1e-01`: the values of alerts."""
    if not math.isfinite(value):
        return _odd(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = exponent + len(digits) - 1 if any(digits) else 0
    rest = "".join(map(str, digits[1:]))
    return f"{'-' if sign else ''}{digits[0]}{'.' + rest if rest else ''}e{'-' if power < 0 else '+'}{abs(power):02d}"


def general(value: float) -> str:
    """As `%v`: plain, unless it is very large or very small."""
    if math.isfinite(value) and value and not 1e-4 <= abs(value) < 1e6:
        return scientific(value)
    return plain(value)


def rounded(value: float) -> str:
    """As `%.4g`: four digits that count."""
    return f"{value:.4g}" if math.isfinite(value) else _odd(value)


def moment(milliseconds: int) -> str:
    """Seconds since the epoch, as JSON has them."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds}.{rest:03d}" if rest else str(seconds)


def _odd(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
