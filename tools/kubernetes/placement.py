"""Whether a node would take a pod, as the scheduler decides it, and how much room nodes have."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from domain.cluster_state import ClusterState
from domain.plain_json import Json, dig
from tools.kubernetes.pods import condition
from tools.kubernetes.quantities import quantity, requested
from tools.kubernetes.relations import labels_of

_CORDON = "node.kubernetes.io/unschedulable"


def is_cordoned(node: Json) -> bool:
    return bool(dig(node, "spec", "unschedulable"))


def would_take(node: Json, pod: Json) -> bool:
    """By its rules alone: selectors, required affinity and taints; room and a cordon are left out of account."""
    spec = dig(pod, "spec", default={})
    if condition(node, "Ready").get("status") != "True":
        return False
    wanted: Mapping[str, str] = dig(spec, "nodeSelector", default={})
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    terms = dig(
        spec,
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
        default=[],
    )
    if terms and not any(_matches(term, node) for term in terms):
        return False
    tolerations = dig(spec, "tolerations", default=[])
    taints = (taint for taint in dig(node, "spec", "taints", default=[]) if taint.get("key") != _CORDON)
    return all(
        taint.get("effect") == "PreferNoSchedule" or any(_tolerates(each, taint) for each in tolerations)
        for taint in taints
    )


_OPERATORS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "In": lambda found, wanted: found in wanted,
    "NotIn": lambda found, wanted: found not in wanted,
    "Exists": lambda found, _: found is not None,
    "DoesNotExist": lambda found, _: found is None,
    "Gt": lambda found, wanted: _number(found) > _number(wanted[0]) if found and wanted else False,
    "Lt": lambda found, wanted: _number(found) < _number(wanted[0]) if found and wanted else False,
}


def _matches(term: Json, node: Json) -> bool:
    """One term: all of its expressions hold; a term without any picks nothing."""
    labels = labels_of(node)
    rules = [(labels.get(rule.get("key", "")), rule) for rule in term.get("matchExpressions") or ()]
    rules += [(dig(node, "metadata", "name"), rule) for rule in term.get("matchFields") or ()]
    return bool(rules) and all(
        _OPERATORS[rule["operator"]](found, list(rule.get("values") or ()))
        for found, rule in rules
        if rule.get("operator") in _OPERATORS
    )


def _tolerates(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")


def _number(text: str | None) -> float:
    return float(text) if text and text.lstrip("-").isdigit() else float("nan")


class Room:
    """What is free on the nodes, added up once however many pods ask."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._used: dict[str, dict[str, float]] | None = None

    def largest(self, resources: tuple[str, ...], wanted: Mapping[str, float]) -> dict[str, tuple[float, str]]:
        """Per resource the most that is free on any node that takes pods, and that node's name."""
        best: dict[str, tuple[float, str]] = {}
        if not resources or not self._known:
            return best
        for node in self._state.of("Node"):
            if is_cordoned(node) or condition(node, "Ready").get("status") != "True":
                continue
            for resource in resources:
                if resource not in wanted:
                    continue
                free = self._free(node, resource)
                if resource not in best or free > best[resource][0]:
                    best[resource] = (free, node["metadata"]["name"])
        return best

    def has(self, node: Json, wanted: Mapping[str, float]) -> bool:
        """Whether the node has what a pod requests; True where that cannot be told."""
        return not self._known or all(self._free(node, resource) >= amount for resource, amount in wanted.items())

    @property
    def _known(self) -> bool:
        return self._state.can_tell("Node") and self._state.can_tell("Pod")

    def _free(self, node: Json, resource: str) -> float:
        self._used = self._used or self._add_up()
        allocatable = quantity(dig(node, "status", "allocatable", resource, default="0"))
        return allocatable - self._used[node["metadata"]["name"]][resource]

    def _add_up(self) -> dict[str, dict[str, float]]:
        used: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for pod in self._state.of("Pod"):
            node = dig(pod, "spec", "nodeName")
            if node and dig(pod, "status", "phase") not in {"Succeeded", "Failed"}:
                for name, amount in requested(dig(pod, "spec", default={})).items():
                    used[node][name] += amount
        return used
