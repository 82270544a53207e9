"""Kubernetes quantities as numbers. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** (power + 1) for power, letter in enumerate("kMGTPE")},
    **{f"{letter}i": Decimal(1024) ** (power + 1) for power, letter in enumerate("KMGTPE")},
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Decimal:
    """
    >>> parse("250m"), parse("64Mi"), parse("2"), parse("1e3")
    (Decimal('0.250'), Decimal('67108864'), Decimal('2'), Decimal('1E+3'))
    """
    for length in (2, 1):
        if (suffix := text[-length:]) in _SUFFIXES:
            return Decimal(text[:-length]) * _SUFFIXES[suffix]
    return Decimal(text)


def amounts(quantities: Mapping[str, object]) -> dict[str, Decimal]:
    return {name: parse(str(value)) for name, value in quantities.items()}
