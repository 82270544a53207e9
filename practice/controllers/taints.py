"""Taints of nodes, and which of them a pod puts up with. Pure."""

from collections.abc import Iterable, Sequence

from practice.api import Json

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"

_BY_CONDITION = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}
OURS = {
    (UNSCHEDULABLE, "NoSchedule"),
    *((key, "NoSchedule") for key in _BY_CONDITION.values()),
    (NOT_READY, "NoExecute"),
    (UNREACHABLE, "NoExecute"),
}
"""Key and effect of the taints that follow from a node's state and come and go with it."""


def wanted(node: Json) -> list[tuple[str, str]]:
    """Key and effect of the taints that the node's state asks for."""
    conditions = node.get("status", {}).get("conditions", ())
    keys = [_BY_CONDITION.get((each["type"], each["status"])) for each in conditions]
    found = [(key, "NoSchedule") for key in keys if key]
    found += [(key, "NoExecute") for key in keys if key in (NOT_READY, UNREACHABLE)]
    return found + ([(UNSCHEDULABLE, "NoSchedule")] if node["spec"].get("unschedulable") else [])


def taints_of(node: Json, *effects: str) -> list[Json]:
    return [taint for taint in node["spec"].get("taints") or () if taint["effect"] in effects]


def tolerates(toleration: Json, taint: Json) -> bool:
    """
    >>> tolerates({"key": "gpu", "operator": "Exists"}, {"key": "gpu", "value": "yes", "effect": "NoSchedule"})
    True
    """
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")


def untolerated(taints: Iterable[Json], tolerations: Sequence[Json]) -> Json | None:
    """The first taint that none of the tolerations covers."""
    for taint in taints:
        if not any(tolerates(each, taint) for each in tolerations):
            return taint
    return None


def patience(taints: Sequence[Json], tolerations: Sequence[Json]) -> float | None:
    """Seconds that a pod may stay with these taints: 0 is not at all, None is for ever."""
    if untolerated(taints, tolerations):
        return 0.0
    used = [each for each in tolerations if any(tolerates(each, taint) for taint in taints)]
    limits = [max(float(each["tolerationSeconds"]), 0.0) for each in used if each.get("tolerationSeconds") is not None]
    return min(limits) if limits else None
