"""How many pods each ReplicaSet of a Deployment may have. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from practice.api import Json
from practice.controllers.deployments.revisions import DESIRED, MAX, notes_of, oldest_first


@dataclass(frozen=True)
class Bounds:
    replicas: int
    surge: int
    unavailable: int

    @property
    def most(self) -> int:
        return self.replicas + self.surge

    @property
    def fewest_available(self) -> int:
        return self.replicas - self.unavailable


def bounds(deployment: Json) -> Bounds:
    replicas = deployment["spec"]["replicas"]
    if not is_rolling(deployment):
        return Bounds(replicas, 0, 0)
    rolling = deployment["spec"]["strategy"].get("rollingUpdate") or {}
    surge = scaled(rolling.get("maxSurge", 0), replicas, up=True)
    unavailable = scaled(rolling.get("maxUnavailable", 0), replicas, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return Bounds(replicas, surge, min(unavailable, replicas))


def is_rolling(deployment: Json) -> bool:
    return bool(deployment["spec"].get("strategy", {}).get("type", "RollingUpdate") == "RollingUpdate")


def scaled(value: int | str, whole: int, *, up: bool) -> int:
    """
    >>> scaled("25%", 3, up=True), scaled("25%", 3, up=False), scaled(2, 3, up=True)
    (1, 0, 2)
    """
    if isinstance(value, int):
        return value
    share = int(value.rstrip("%")) * whole / 100
    return math.ceil(share) if up else math.floor(share)


def size(replica_set: Json) -> int:
    return int(replica_set["spec"]["replicas"])


def total(sets: Iterable[Json]) -> int:
    return sum(map(size, sets))


def counted(sets: Iterable[Json], what: str) -> int:
    """The sum of a count in the sets' status."""
    return sum(each.get("status", {}).get(what, 0) for each in sets)


def active(sets: Iterable[Json]) -> list[Json]:
    return [each for each in sets if size(each) > 0]


def new_size(deployment: Json, sets: Iterable[Json], present: int) -> int:
    """How large the new ReplicaSet, which has `present` now, may be while the others are as they are."""
    limits = bounds(deployment)
    if not is_rolling(deployment):
        return limits.replicas
    room = limits.most - total(sets)
    return present if room <= 0 else present + min(room, limits.replicas - present)


def wanted_notes(deployment: Json) -> dict[str, str]:
    limits = bounds(deployment)
    return {DESIRED: str(limits.replicas), MAX: str(limits.most)}


def is_saturated(deployment: Json, replica_set: Json | None) -> bool:
    replicas = deployment["spec"]["replicas"]
    return (
        replica_set is not None
        and size(replica_set) == replicas
        and notes_of(replica_set).get(DESIRED) == str(replicas)
        and counted([replica_set], "availableReplicas") == replicas
    )


def proportional(deployment: Json, sets: Sequence[Json]) -> list[tuple[Json, int]]:
    """The active sets of a rollout with their sizes after the Deployment was scaled, each by its share."""
    limits = bounds(deployment)
    allowed = limits.most if limits.replicas else 0
    to_add = allowed - total(sets)
    ordered = oldest_first(sets)
    if to_add > 0:
        ordered.reverse()
    ordered.sort(key=size, reverse=True)
    sizes, added = [], 0
    for each in ordered:
        share = _share(deployment, each, limits, to_add, added)
        sizes.append(size(each) + share)
        added += share
    if to_add:
        sizes[0] = max(sizes[0] + to_add - added, 0)
    return list(zip(ordered, sizes, strict=True))


def _share(deployment: Json, replica_set: Json, limits: Bounds, to_add: int, added: int) -> int:
    if not size(replica_set) or to_add in (0, added):
        return 0
    fraction = _fraction(deployment, replica_set, limits)
    left = to_add - added
    return min(fraction, left) if to_add > 0 else max(fraction, left)


def _fraction(deployment: Json, replica_set: Json, limits: Bounds) -> int:
    if not limits.replicas:
        return -size(replica_set)
    text = notes_of(replica_set).get(MAX, "")
    before = (int(text) if text.isdigit() else 0) or counted([deployment], "replicas")
    if not before:
        return 0
    return math.floor(size(replica_set) * limits.most / before + 0.5) - size(replica_set)
