"""Why a node does not take a pod, in the scheduler's words: the first filter that objects speaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from practice.api import Json
from practice.controllers.scheduling.affinity import Neighbours
from practice.controllers.scheduling.claims import Claims
from practice.controllers.scheduling.room import Room, host_ports
from practice.controllers.scheduling.terms import named_nodes, node_matches
from practice.controllers.taints import UNSCHEDULABLE, taints_of, tolerates, untolerated


@dataclass(frozen=True)
class Objection:
    by: str
    """The plugin, by its name in Kubernetes' scheduler."""
    reasons: tuple[str, ...]
    final: bool = True
    """Removing pods from the node would not help."""


@dataclass(frozen=True)
class Wanted:
    """One pod on its way, with what is worked out once for all nodes."""

    pod: Json
    requests: dict[str, Decimal]
    claims: Claims
    neighbours: Neighbours

    @property
    def tolerations(self) -> Sequence[Json]:
        return self.pod["spec"].get("tolerations") or ()


def objection(wanted: Wanted, room: Room) -> Objection | None:
    for ask in _FILTERS:
        if said := ask(wanted, room):
            return said
    return None


def _not_named(wanted: Wanted, room: Room) -> Objection | None:
    """Pods of DaemonSets name their node: the others are not even looked at."""
    names = named_nodes(wanted.pod["spec"])
    if names is None or room.name in names:
        return None
    return Objection("NodeAffinity", ("node(s) didn't satisfy plugin(s) [NodeAffinity]",))


def _unschedulable(wanted: Wanted, room: Room) -> Objection | None:
    taint = {"key": UNSCHEDULABLE, "effect": "NoSchedule"}
    if not room.node["spec"].get("unschedulable") or any(tolerates(each, taint) for each in wanted.tolerations):
        return None
    return Objection("NodeUnschedulable", ("node(s) were unschedulable",))


def _tainted(wanted: Wanted, room: Room) -> Objection | None:
    if untolerated(taints_of(room.node, "NoSchedule", "NoExecute"), wanted.tolerations):
        return Objection("TaintToleration", ("node(s) had untolerated taint(s)",))
    return None


def _other_node(wanted: Wanted, room: Room) -> Objection | None:
    if node_matches(wanted.pod["spec"], room.node):
        return None
    return Objection("NodeAffinity", ("node(s) didn't match Pod's node affinity/selector",))


def _ports_taken(wanted: Wanted, room: Room) -> Objection | None:
    ports = host_ports(wanted.pod)
    if not ports:
        return None
    taken = {port for pod in room.pods.values() for port in host_ports(pod)}
    if not any(_clash(one, other) for one in ports for other in taken):
        return None
    return Objection("NodePorts", ("node(s) didn't have free ports for the requested pod ports",), final=False)


def _too_full(wanted: Wanted, room: Room) -> Objection | None:
    reasons, final = [], False
    if len(room.pods) + 1 > room.allocatable.get("pods", 0):
        reasons.append("Too many pods")
    for name, amount in sorted(wanted.requests.items(), key=lambda pair: _ORDER.get(pair[0], 9)):
        offered = room.allocatable.get(name, Decimal(0))
        if amount and amount > offered - room.taken[name]:
            reasons.append(f"Insufficient {name}")
            final = final or amount > offered
    return Objection("NodeResourcesFit", tuple(reasons), final=final) if reasons else None


def _volumes(wanted: Wanted, room: Room) -> Objection | None:
    reasons = wanted.claims.reasons_against(room.node)
    return Objection("VolumeBinding", tuple(reasons)) if reasons else None


def _spread(wanted: Wanted, room: Room) -> Objection | None:
    reason = wanted.neighbours.spread_reason(room)
    return Objection("PodTopologySpread", (reason,), final="missing" in reason) if reason else None


def _affinity(wanted: Wanted, room: Room) -> Objection | None:
    reason = wanted.neighbours.affinity_reason(room)
    return Objection("InterPodAffinity", (reason,), final="pod affinity" in reason) if reason else None


_FILTERS: tuple[Callable[[Wanted, Room], Objection | None], ...] = (
    _not_named,
    _unschedulable,
    _tainted,
    _other_node,
    _ports_taken,
    _too_full,
    _volumes,
    _spread,
    _affinity,
)
_ORDER = {"cpu": 0, "memory": 1, "ephemeral-storage": 2}


def _clash(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    every = "0.0.0.0"  # noqa: S104
    return one[1:] == other[1:] and (one[0] == other[0] or every in (one[0], other[0]))
