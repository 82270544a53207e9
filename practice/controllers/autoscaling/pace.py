"""How fast an autoscaler may follow its load: limits, stabilization windows and policies, in Kubernetes' words."""

import time
from dataclasses import dataclass, field
from typing import TypeAlias

from practice.api import Json

STABILIZATION_SECONDS = 5.0
"""How long higher recommendations are remembered; practice tells the real controller the same."""

_FACTOR, _LEAST = 2.0, 4.0
_FOREVER = 1800.0
Said: TypeAlias = tuple[str, str, str]
"""Status, reason and message of a condition."""

_READY: Said = ("True", "ReadyForNewScale", "recommended size matches current size")
_HIGHER: Said = (
    "True",
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
)
_LOWER: Said = (
    "True",
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)
_WITHIN = ("DesiredWithinRange", "the desired count is within the acceptable range")
_TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
_TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
_UP_LIMIT = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
_DOWN_LIMIT = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")


@dataclass(frozen=True)
class Pace:
    replicas: int
    able: Said
    limited: Said


@dataclass
class Memory:
    """What one autoscaler recommended and did, with times by our own clock."""

    recommended: list[tuple[float, int]] = field(default_factory=list)
    changes: list[tuple[float, int]] = field(default_factory=list)
    """Pods added, or taken away if negative."""

    def tidy(self, now: float) -> None:
        self.recommended = [each for each in self.recommended if now - each[0] < _FOREVER]
        self.changes = [each for each in self.changes if now - each[0] < _FOREVER]

    def changed(self, within: float, now: float) -> int:
        return sum(count for at, count in self.changes if now - at < within)


def paced(spec: Json, memory: Memory, current: int, desired: int) -> Pace:
    """The size to take now on the way to the desired one."""
    now = time.monotonic()
    memory.tidy(now)
    behavior = spec.get("behavior")
    stable, able = _stabilized(behavior, memory, current, desired, now)
    memory.recommended.append((now, desired))
    least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
    if behavior is None:
        size, why = _bounded(current, stable, least, most)
    else:
        size, why = _bounded_by_policies(behavior, memory, current, stable, least, most, now)
    return Pace(size, able, (str(size != stable), *why))


def _stabilized(behavior: Json | None, memory: Memory, current: int, desired: int, now: float) -> tuple[int, Said]:
    down = STABILIZATION_SECONDS
    if behavior is None:
        highest = max([desired, *(count for at, count in memory.recommended if now - at <= down)])
        return highest, _HIGHER if highest != desired else _READY
    up = float(behavior.get("scaleUp", {}).get("stabilizationWindowSeconds") or 0)
    given = behavior.get("scaleDown", {}).get("stabilizationWindowSeconds")
    down = down if given is None else float(given)
    lowest = min([desired, *(count for at, count in memory.recommended if now - at < up)])
    highest = max([desired, *(count for at, count in memory.recommended if now - at < down)])
    stable = min(max(current, lowest), highest)
    if stable == desired:
        return stable, _READY
    return stable, _LOWER if desired >= current else _HIGHER


def _bounded(current: int, desired: int, least: int, most: int) -> tuple[int, tuple[str, str]]:
    fastest = int(max(_FACTOR * current, _LEAST))
    if desired < least:
        return least, _TOO_FEW
    if desired > min(fastest, most):
        return min(fastest, most), _UP_LIMIT if most > fastest else _TOO_MANY
    return desired, _WITHIN


def _bounded_by_policies(
    behavior: Json, memory: Memory, current: int, desired: int, least: int, most: int, now: float
) -> tuple[int, tuple[str, str]]:
    if desired > current:
        fastest = max(_limit(behavior.get("scaleUp") or {}, memory, current, now, up=True), current)
        if desired > min(fastest, most):
            return min(fastest, most), _UP_LIMIT if most > fastest else _TOO_MANY
    elif desired < current:
        fastest = min(_limit(behavior.get("scaleDown") or {}, memory, current, now, up=False), current)
        if desired < max(fastest, least):
            return max(fastest, least), _DOWN_LIMIT if least < fastest else _TOO_FEW
    return desired, _WITHIN


def _limit(rules: Json, memory: Memory, current: int, now: float, *, up: bool) -> int:
    """The largest (or smallest) size that the policies allow now."""
    choice = rules.get("selectPolicy", "Max")
    if choice == "Disabled":
        return current
    proposals = []
    for policy in rules.get("policies") or ():
        start = current - memory.changed(policy["periodSeconds"], now)
        step = policy["value"] if policy["type"] == "Pods" else start * policy["value"] / 100
        proposals.append(int(-(-(start + step) // 1)) if up else int(start - step))
    if not proposals:
        return 2**31 - 1 if up else 0
    return max(proposals) if up == (choice == "Max") else min(proposals)
