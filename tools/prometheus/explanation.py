"""Which finding from metrics explains which other: a full pool makes its service slow, and its callers with it."""

from datetime import datetime, timedelta

from domain.findings import Finding

_EFFECTS = {
    "pool-exhausted": frozenset({"latency-high", "errors-high", "alert-firing"}),
    "cpu-saturated": frozenset({"latency-high", "errors-high", "alert-firing"}),
    "memory-near-limit": frozenset({"alert-firing"}),
    "errors-high": frozenset({"alert-firing"}),
    "latency-high": frozenset({"alert-firing"}),
}
_SPREADS = frozenset({"pool-exhausted"})
"""Causes that also slow down who calls the service, in the same namespace."""
_EARLIER = timedelta(minutes=5)
"""Signals are read in steps and smeared by rates: a consequence may seem to come first by this much."""
_SOON_AFTER = timedelta(minutes=15)


def explains(a: Finding, b: Finding) -> bool:
    """Whether `b` is likely a consequence of `a`: the right kind, the same service (or a caller), the right order."""
    if a.id == b.id or b.code not in _EFFECTS.get(a.code, frozenset()):
        return False
    if a.facts.get("namespace") != b.facts.get("namespace"):
        return False
    began_a, began_b = a.since, b.since
    if _same_service(a, b):
        return _not_before(began_a, began_b)
    if a.code not in _SPREADS or b.code == "alert-firing" or began_a is None or began_b is None:
        return False
    return -_EARLIER <= began_b - began_a <= _SOON_AFTER


def _same_service(a: Finding, b: Finding) -> bool:
    if (a.object.kind, a.object.name) == (b.object.kind, b.object.name):
        return True
    names_a = {a.facts.get("service"), a.facts.get("workload")} - {None, ""}
    return not names_a.isdisjoint({b.facts.get("service"), b.facts.get("workload")} - {None, ""})


def _not_before(cause: datetime | None, effect: datetime | None) -> bool:
    return cause is None or effect is None or effect >= cause - _EARLIER
