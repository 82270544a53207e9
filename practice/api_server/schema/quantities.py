"""Quantities (`500m`, `1.5Gi`) as Kubernetes reads, compares and writes them (apimachinery's resource.Quantity)."""

import re
from fractions import Fraction
from functools import lru_cache
from math import ceil

WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
WRONG_SUFFIX = "unable to parse quantity's suffix"

_PARTS = re.compile(r"([+-]?)0*([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {0: ""} | {exponent // 10: suffix for suffix, exponent in _BINARY.items()}
_LARGEST = 2**63 - 1
_DIGITS_OF_INT64 = 18


class BadQuantity(ValueError):
    """Not a quantity; the text is Kubernetes'."""


@lru_cache(maxsize=4096)
def value_of(text: str) -> Fraction:
    """The number that a quantity means, rounded up to a billionth.

    >>> value_of("500m"), value_of("2Ki")
    (Fraction(1, 2), Fraction(2048, 1))
    """
    return _parsed(text)[0]


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The same quantity as the API server stores it; BadQuantity if it is none.

    >>> canonical("0.5"), canonical("1024Mi"), canonical("1.5Gi"), canonical("0.1Ki")
    ('500m', '1Gi', '1536Mi', '102400m')
    """
    if text == "0":
        return text
    value, notation, as_given = _parsed(text)
    if as_given:
        return text
    if value == 0:
        return "0"
    if notation == "binary" and abs(value) >= 1024 and value.denominator == 1:
        number, times = _without_factors(value.numerator, 1024)
        return f"{number}{_BINARY_SUFFIX.get(times, '')}"
    number, exponent = _without_factors(int(value * 10**9), 10)
    exponent -= 9
    while exponent % 3:
        number, exponent = number * 10, exponent - 1
    if notation == "exponent":
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIX.get(exponent, '')}"


def _parsed(text: str) -> tuple[Fraction, str, bool]:
    """(value, `decimal` | `binary` | `exponent`, whether the server keeps the text as it was given)."""
    parts = _PARTS.fullmatch(text)
    if not text or not parts:
        raise BadQuantity(WRONG_FORMAT)
    sign, digits, _, fraction, suffix = parts.groups()
    digits, fraction = digits or "0", fraction or ""
    notation, base, exponent = _suffix(suffix)
    value = Fraction(int(digits + fraction), 10 ** len(fraction)) * Fraction(base) ** exponent
    as_given = _is_kept(digits, fraction, notation, exponent)
    rounded = Fraction(ceil(value * 10**9), 10**9)
    if notation == "binary":
        rounded = min(rounded, Fraction(_LARGEST))
        notation = "decimal" if 0 < rounded < 1 else notation
    return (-rounded if sign == "-" else rounded), notation, as_given


def _suffix(suffix: str) -> tuple[str, int, int]:
    if suffix in _DECIMAL:
        return "decimal", 10, _DECIMAL[suffix]
    if suffix in _BINARY:
        return "binary", 2, _BINARY[suffix]
    if len(suffix) > 1 and suffix[0] in "eE" and re.fullmatch(r"[+-]?[0-9]+", suffix[1:]):
        return "exponent", 10, int(suffix[1:])
    raise BadQuantity(WRONG_SUFFIX)


def _is_kept(digits: str, fraction: str, notation: str, exponent: int) -> bool:
    """What the server's quick path takes for canonical keeps its text."""
    length = len(digits) + len(fraction)
    shifted = digits + fraction
    if notation == "binary":
        quick = not fraction and 15 - len(digits) - int(exponent * 3 / 10) - 1 >= 0
        return quick and bool(int(shifted) & 7)
    scale = exponent - len(fraction)
    quick = _DIGITS_OF_INT64 - length >= 0 and scale >= -9
    return quick and scale % 3 == 0 and not shifted.endswith("000") and shifted[0] != "0"


def _without_factors(number: int, factor: int) -> tuple[int, int]:
    times = 0
    while number and number % factor == 0:
        number, times = number // factor, times + 1
    return number, times
