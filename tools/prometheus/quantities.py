"""Kubernetes quantities as numbers: "250m" is 0.25, "256Mi" is 268435456."""

import re

_QUANTITY = re.compile(r"([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)")
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def quantity(text: str) -> float | None:
    """The number that `text` writes; None where it is no quantity.

    >>> quantity("1.5Gi"), quantity("100m")
    (1610612736.0, 0.1)
    """
    found = _QUANTITY.fullmatch(text.strip())
    try:
        number = float(found[1]) if found else None
    except ValueError:
        return None
    if found is None or number is None:
        return None
    if found[2]:
        return float(number * 10 ** int(found[2])) if abs(int(found[2])) < 30 else None
    suffix = found[3] or ""
    if suffix.endswith("i"):
        return number * 1024.0 ** ("KMGTPE".index(suffix[0]) + 1)
    return float(number * 10.0 ** _POWERS[suffix])
