"""What nodes offer and what is already on them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from practice.api import Json
from practice.controllers.owners import controller_of
from practice.controllers.quantities import amounts

ZERO = Decimal(0)


def requests(pod: Json) -> dict[str, Decimal]:
    """What a pod asks for: the sum of its containers, or the largest init container where that is more."""
    spec = pod["spec"]
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    first: defaultdict[str, Decimal] = defaultdict(Decimal)
    for container in spec["containers"]:
        for name, amount in _asked(container).items():
            total[name] += amount
    for container in spec.get("initContainers") or ():
        stays = container.get("restartPolicy") == "Always"
        for name, amount in _asked(container).items():
            if stays:
                total[name] += amount
                first[name] += amount
            else:
                first[name] = max(first[name], amount)
    for name, amount in first.items():
        total[name] = max(total[name], amount)
    for name, amount in amounts(spec.get("overhead") or {}).items():
        total[name] += amount
    return dict(total)


def _asked(container: Json) -> dict[str, Decimal]:
    return amounts((container.get("resources") or {}).get("requests") or {})


def host_ports(pod: Json) -> set[tuple[str, str, int]]:
    """(address, protocol, port) that the pod takes on its node."""
    return {
        (port.get("hostIP") or "0.0.0.0", port.get("protocol", "TCP"), port["hostPort"])  # noqa: S104
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def _shuns(pod: Json) -> bool:
    away = (pod["spec"].get("affinity") or {}).get("podAntiAffinity") or {}
    return bool(away.get("requiredDuringSchedulingIgnoredDuringExecution"))


@dataclass
class Room:
    """One node, with the pods that are on it or on their way to it."""

    node: Json
    pods: dict[str, Json] = field(default_factory=dict)
    """By uid."""
    shunning: dict[str, Json] = field(default_factory=dict)
    """Those of them that want others kept away (required anti-affinity)."""
    taken: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    owners: Counter[str] = field(default_factory=Counter)
    """How many pods each controller (by uid) has here."""
    allocatable: dict[str, Decimal] = field(init=False)

    def __post_init__(self) -> None:
        self.adopt(self.node)

    def adopt(self, node: Json) -> None:
        self.node = node
        status = node.get("status", {})
        self.allocatable = amounts(status.get("allocatable") or status.get("capacity") or {})

    @property
    def name(self) -> str:
        return str(self.node["metadata"]["name"])

    @property
    def labels(self) -> dict[str, str]:
        return self.node["metadata"].get("labels") or {}

    def put(self, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        if uid not in self.pods:
            self._count(pod, 1)
        self.pods[uid] = pod
        if _shuns(pod):
            self.shunning[uid] = pod

    def take_out(self, uid: str) -> None:
        self.shunning.pop(uid, None)
        if pod := self.pods.pop(uid, None):
            self._count(pod, -1)

    def load(self) -> float:
        """The mean share of CPU and memory that is taken."""
        shares = [
            float(self.taken[name] / total) for name in ("cpu", "memory") if (total := self.allocatable.get(name))
        ]
        return sum(shares) / len(shares) if shares else 0.0

    def _count(self, pod: Json, sign: int) -> None:
        for name, amount in requests(pod).items():
            self.taken[name] += sign * amount
        if owner := controller_of(pod):
            self.owners[owner["uid"]] += sign


class Rooms:
    """All nodes; a pod is in the room of the node it is bound to, or is about to be bound to."""

    def __init__(self) -> None:
        self.by_name: dict[str, Room] = {}
        self._where: dict[str, str] = {}
        """Node by uid of pod."""
        self._homeless: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        """Pods of nodes that we do not know (yet)."""

    def __iter__(self) -> Iterator[Room]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def adopt(self, node: Json) -> None:
        name = node["metadata"]["name"]
        if name in self.by_name:
            self.by_name[name].adopt(node)
            return
        self.by_name[name] = Room(node)
        for pod in self._homeless.pop(name, {}).values():
            self.by_name[name].put(pod)

    def remove(self, name: str) -> None:
        room = self.by_name.pop(name, None)
        if room:
            self._homeless[name] |= room.pods

    def put(self, pod: Json, node: str) -> None:
        uid = pod["metadata"]["uid"]
        if self._where.get(uid, node) != node:
            self.take_out(uid)
        self._where[uid] = node
        if node in self.by_name:
            self.by_name[node].put(pod)
        else:
            self._homeless[node][uid] = pod

    def take_out(self, uid: str) -> bool:
        """False if it was nowhere."""
        node = self._where.pop(uid, None)
        if node is None:
            return False
        if node in self.by_name:
            self.by_name[node].take_out(uid)
        self._homeless[node].pop(uid, None)
        return True
