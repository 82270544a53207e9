"""Which PersistentVolume suits a claim. Pure."""

from collections.abc import Iterable
from decimal import Decimal

from practice.api import Json
from practice.controllers.labels import labels_of, selects
from practice.controllers.quantities import parse

BOUND_BY_US = "pv.kubernetes.io/bound-by-controller"
BIND_COMPLETED = "pv.kubernetes.io/bind-completed"


def class_of(item: Json) -> str:
    """Of a claim or a volume."""
    notes = item["metadata"].get("annotations") or {}
    return str(notes.get("volume.beta.kubernetes.io/storage-class", item["spec"].get("storageClassName") or ""))


def is_meant_for(volume: Json, claim: Json) -> bool:
    """The volume names this very claim."""
    ref = volume["spec"].get("claimRef")
    meta = claim["metadata"]
    if not ref or (ref.get("namespace"), ref.get("name")) != (meta["namespace"], meta["name"]):
        return False
    return not ref.get("uid") or bool(ref["uid"] == meta["uid"])


def best(claim: Json, volumes: Iterable[Json]) -> Json | None:
    """The one that names the claim, or else the smallest free one that suits."""
    suiting = [volume for volume in volumes if _suits(claim, volume)]
    named = [volume for volume in suiting if volume["spec"].get("claimRef")]
    return min(named or suiting, key=lambda volume: (_size(volume), volume["metadata"]["name"]), default=None)


def _suits(claim: Json, volume: Json) -> bool:
    spec, asked = volume["spec"], claim["spec"]
    if volume["metadata"].get("deletionTimestamp"):
        return False
    if spec.get("claimRef"):
        return is_meant_for(volume, claim) and _size(volume) >= size_asked(claim)
    if volume.get("status", {}).get("phase", "Available") != "Available":
        return False
    return (
        class_of(volume) == class_of(claim)
        and set(asked["accessModes"]) <= set(spec["accessModes"])
        and spec.get("volumeMode", "Filesystem") == asked.get("volumeMode", "Filesystem")
        and _size(volume) >= size_asked(claim)
        and (not asked.get("selector") or selects(asked["selector"], labels_of(volume)))
    )


def _size(volume: Json) -> Decimal:
    return parse(str(volume["spec"]["capacity"]["storage"]))


def size_asked(claim: Json) -> Decimal:
    return parse(str(claim["spec"]["resources"]["requests"]["storage"]))
