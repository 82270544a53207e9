"""Pods that want to be near others, or away from them, or spread."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from practice.api import Json
from practice.controllers.labels import labels_of, selects
from practice.controllers.scheduling.room import Room, Rooms

_SPREAD = "node(s) didn't match pod topology spread constraints"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@dataclass
class Neighbours:
    """What the required terms of one pod, and of the pods already there, say about each node."""

    pod: Json
    rooms: Rooms
    _counts: dict[int, Counter[str]] = field(default_factory=dict)
    """Matching pods by value of the topology key, by number of the term."""

    def spread_reason(self, room: Room) -> str:
        for number, each in enumerate(self.pod["spec"].get("topologySpreadConstraints") or ()):
            if each.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule":
                continue
            here = room.labels.get(each["topologyKey"])
            if here is None:
                return f"{_SPREAD} (missing required label)"
            counts = self._count(number, each["topologyKey"], partial(self._spreads_with, each))
            mine = int(selects(each.get("labelSelector"), labels_of(self.pod)))
            if counts[here] + mine - min(counts.values()) > each["maxSkew"]:
                return _SPREAD
        return ""

    def affinity_reason(self, room: Room) -> str:
        affinity = self.pod["spec"].get("affinity") or {}
        for number, term in enumerate((affinity.get("podAffinity") or {}).get(_REQUIRED) or (), 100):
            counts = self._count(number, term["topologyKey"], partial(_meant, term, self.pod))
            here = room.labels.get(term["topologyKey"])
            nobody_yet = not any(counts.values()) and _meant(term, self.pod, self.pod)
            if here is None or not (counts[here] or nobody_yet):
                return "node(s) didn't match pod affinity rules"
        for number, term in enumerate((affinity.get("podAntiAffinity") or {}).get(_REQUIRED) or (), 200):
            counts = self._count(number, term["topologyKey"], partial(_meant, term, self.pod))
            if counts[room.labels.get(term["topologyKey"], "")]:
                return "node(s) didn't match pod anti-affinity rules"
        if any(self._is_shunned(other, room) for other in self.rooms):
            return "node(s) didn't satisfy existing pods anti-affinity rules"
        return ""

    def _spreads_with(self, constraint: Json, pod: Json) -> bool:
        same = pod["metadata"]["namespace"] == self.pod["metadata"]["namespace"]
        leaving = pod["metadata"].get("deletionTimestamp")
        return same and not leaving and selects(constraint.get("labelSelector"), labels_of(pod))

    def _is_shunned(self, other: Room, room: Room) -> bool:
        """Somebody in `other` wants none like our pod where `room` is."""
        for pod in other.shunning.values():
            for term in pod["spec"]["affinity"]["podAntiAffinity"][_REQUIRED]:
                there = other.labels.get(term["topologyKey"])
                if there is not None and there == room.labels.get(term["topologyKey"]) and _meant(term, pod, self.pod):
                    return True
        return False

    def _count(self, number: int, key: str, counts: Callable[[Json], bool]) -> Counter[str]:
        if number not in self._counts:
            found: Counter[str] = Counter({room.labels[key]: 0 for room in self.rooms if key in room.labels})
            for room in self.rooms:
                if key in room.labels:
                    found[room.labels[key]] += sum(map(counts, room.pods.values()))
            self._counts[number] = found
        return self._counts[number]


def _meant(term: Json, whose: Json, pod: Json) -> bool:
    """The term of one pod speaks of the other."""
    namespaces = term.get("namespaces") or ([] if "namespaceSelector" in term else [whose["metadata"]["namespace"]])
    everywhere = term.get("namespaceSelector") == {}
    if not everywhere and pod["metadata"]["namespace"] not in namespaces:
        return False
    return not pod["metadata"].get("deletionTimestamp") and selects(term.get("labelSelector"), labels_of(pod))
