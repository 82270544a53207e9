"""Facts about pods that controllers decide by. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cmp_to_key

from practice.api import Json
from practice.controllers.conditions import condition
from practice.controllers.times import parse

_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def phase(pod: Json) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))


def is_over(pod: Json) -> bool:
    return phase(pod) in ("Succeeded", "Failed")


def is_leaving(item: Json) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))


def is_active(pod: Json) -> bool:
    return not is_over(pod) and not is_leaving(pod)


def is_ready(pod: Json) -> bool:
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def available_in(pod: Json, min_ready_seconds: int, now: datetime) -> float | None:
    """Seconds until the pod counts as available, 0 if it does; None while it is not ready."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    if not min_ready_seconds:
        return 0.0
    return max(min_ready_seconds - (now - parse(ready["lastTransitionTime"])).total_seconds(), 0.0)


def first_to_go(pods: Sequence[Json], related: Iterable[Json], count: int, now: datetime) -> list[Json]:
    """The pods to delete first, in Kubernetes' order; `related` are all pods of the same Deployment."""
    if count >= len(pods):
        return list(pods)
    on_node = Counter(pod["spec"].get("nodeName", "") for pod in related if is_active(pod))

    def compare(one: Json, other: Json) -> int:
        return _compare(one, other, on_node, now)

    return sorted(pods, key=cmp_to_key(compare))[:count]


def _compare(one: Json, other: Json, on_node: Counter[str], now: datetime) -> int:
    """Negative if `one` goes first."""
    facts = [_plain_facts(pod, on_node) for pod in (one, other)]
    if facts[0] != facts[1]:
        return -1 if facts[0] < facts[1] else 1
    if is_ready(one) and (order := _younger(_ready_since(one), _ready_since(other), one, other, now)):
        return order
    if restarts := _restarts(other) - _restarts(one):
        return restarts
    created = [parse(pod["metadata"]["creationTimestamp"]) for pod in (one, other)]
    return _younger(created[0], created[1], one, other, now)


def _plain_facts(pod: Json, on_node: Counter[str]) -> tuple[int, int, int, int, int]:
    """Unassigned, pending, unready, cheap and crowded pods go first."""
    node = pod["spec"].get("nodeName", "")
    cost = (pod["metadata"].get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost", "0")
    price = int(cost) if cost.lstrip("-").isdigit() else 0
    return int(bool(node)), _PHASES.get(phase(pod), 0), int(is_ready(pod)), price, -on_node[node]


def _younger(one_at: datetime, other_at: datetime, one: Json, other: Json, now: datetime) -> int:
    """By orders of magnitude of the age; within one, by uid, which is as good as at random."""
    if one_at == other_at:
        return 0
    difference = _magnitude((now - one_at).total_seconds()) - _magnitude((now - other_at).total_seconds())
    if difference:
        return difference
    return -1 if one["metadata"]["uid"] < other["metadata"]["uid"] else 1


def _magnitude(seconds: float) -> int:
    return int(math.log2(seconds * 1e9)) if seconds > 0 else -1


def _ready_since(pod: Json) -> datetime:
    ready = condition(pod, "Ready")
    assert ready
    return parse(ready["lastTransitionTime"])


def _restarts(pod: Json) -> int:
    return max((each["restartCount"] for each in pod.get("status", {}).get("containerStatuses") or ()), default=0)
