"""Kubernetes quantities (`500m`, `2Gi`) as numbers, and back into words."""

import re
from decimal import Decimal, InvalidOperation

from domain.plain_json import Json, dig

_FACTORS = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    **{unit + "i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", start=1)},
}
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]{0,2})")


def quantity(text: object) -> float:
    """The number a quantity stands for (cores, bytes, pieces); 0 for what is none."""
    found = _QUANTITY.fullmatch(str(text).strip()) if text is not None else None
    if found is None or found[2] not in _FACTORS:
        return 0.0
    try:
        return float(Decimal(found[1]) * _FACTORS[found[2]])
    except InvalidOperation:
        return 0.0


def requested(pod_spec: Json) -> dict[str, float]:
    """What a pod asks of a node per resource: its containers together, or its largest init container."""
    running: dict[str, float] = {}
    start: dict[str, float] = {}
    for container in dig(pod_spec, "containers", default=[]):
        for name, amount in dig(container, "resources", "requests", default={}).items():
            running[name] = running.get(name, 0.0) + quantity(amount)
    for container in dig(pod_spec, "initContainers", default=[]):
        for name, amount in dig(container, "resources", "requests", default={}).items():
            if container.get("restartPolicy") == "Always":
                running[name] = running.get(name, 0.0) + quantity(amount)
            else:
                start[name] = max(start.get(name, 0.0), quantity(amount))
    names = {**running, **start}
    return {name: max(running.get(name, 0.0), start.get(name, 0.0)) for name in names}


def in_words(resource: str, amount: float) -> str:
    """`1.5 cores`, `3.2 GiB`, or a plain number."""
    if resource == "cpu":
        return f"{amount:.4g} cores"
    if resource in {"memory", "ephemeral-storage"} or resource.startswith("hugepages"):
        for unit, size in (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2)):
            if abs(amount) >= size:
                return f"{amount / size:.4g} {unit}"
    return f"{amount:.12g}"
