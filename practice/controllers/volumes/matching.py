"""Claims and volumes: which a pod names, which suits which, and how they come to name each other. Pure."""

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


def misfit(claim: Json, volume: Json) -> str:
    """Why a volume that a claim asks for by name cannot be its; "" if it can."""
    asked, spec = claim["spec"], volume["spec"]
    if _size(volume) < size_asked(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if spec.get("volumeMode", "Filesystem") != asked.get("volumeMode", "Filesystem"):
        return "incompatible volumeMode"
    if not set(asked["accessModes"]) <= set(spec["accessModes"]):
        return "incompatible accessMode"
    return ""


def with_claim(volume: Json, claim: Json) -> Json:
    """The volume, naming the claim."""
    meta = claim["metadata"]
    ref = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": meta["namespace"],
        "name": meta["name"],
        "uid": meta["uid"],
        "resourceVersion": meta["resourceVersion"],
    }
    before = volume["metadata"]
    # A volume that somebody had meant for the claim goes back to that when the claim is gone.
    ours = {} if volume["spec"].get("claimRef") else {BOUND_BY_US: "yes"}
    notes = {**(before.get("annotations") or {}), **ours}
    return {**volume, "metadata": {**before, "annotations": notes}, "spec": {**volume["spec"], "claimRef": ref}}


def is_late(storage_class: Json) -> bool:
    return bool(storage_class.get("volumeBindingMode") == "WaitForFirstConsumer")


def claim_names(pod: Json) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    named = [each["persistentVolumeClaim"]["claimName"] for each in volumes if each.get("persistentVolumeClaim")]
    return named + [f"{pod['metadata']['name']}-{each['name']}" for each in volumes if each.get("ephemeral")]
