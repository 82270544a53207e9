"""Which of the nodes that would do is best: what the pod prefers, then spread, then the emptier one."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from practice.api import Json
from practice.controllers.labels import meets
from practice.controllers.owners import controller_of
from practice.controllers.scheduling.room import Room, Rooms
from practice.controllers.taints import taints_of, untolerated

_ZONE = "topology.kubernetes.io/zone"
Score: TypeAlias = tuple[int, float, int, int, float]


def best(pod: Json, fitting: Sequence[Room], rooms: Rooms) -> Room:
    owner = (controller_of(pod) or {}).get("uid", "")
    in_zones: Counter[str] = Counter()
    if owner:
        for room in rooms:
            in_zones[room.labels.get(_ZONE, "")] += room.owners[owner]
    return max(fitting, key=lambda room: (_score(pod, room, owner, in_zones), random.random()))


def _score(pod: Json, room: Room, owner: str, in_zones: Counter[str]) -> Score:
    """The larger the better."""
    avoided = untolerated(taints_of(room.node, "PreferNoSchedule"), pod["spec"].get("tolerations") or ())
    return (
        -int(avoided is not None),
        _preference(pod, room),
        -room.owners[owner],
        -in_zones[room.labels.get(_ZONE, "")],
        -room.load(),
    )


def _preference(pod: Json, room: Room) -> float:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return float(
        sum(
            each["weight"] for each in preferred if meets(each["preference"].get("matchExpressions") or [], room.labels)
        )
    )
