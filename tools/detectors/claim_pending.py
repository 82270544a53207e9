"""A volume claim gets no volume, and pods wait for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.troubled import present
from tools.kubernetes.claims import DEFAULT_CLASS, could_bind
from tools.kubernetes.moments import ago, created, moment
from tools.kubernetes.pods import condition, phase
from tools.kubernetes.relations import Relations
from tools.kubernetes.seen import event_seen, list_seen, object_seen

CODE = "claim-pending"

_GRACE = timedelta(seconds=10)
_PROVISIONING = timedelta(minutes=5)
_BY_HAND = "kubernetes.io/no-provisioner"


@dataclass(frozen=True, slots=True)
class _Why:
    code: str
    """`class-missing`, `no-class`, `no-volume`, `provisioning-failed`, `lost`, `slow`."""
    told: str
    seen: Evidence | None = None
    nearest: str = ""


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for claim in state.of("PersistentVolumeClaim"):
        if dig(claim, "status", "phase") == "Bound" or dig(claim, "metadata", "deletionTimestamp"):
            continue
        namespace, name = claim["metadata"].get("namespace", ""), claim["metadata"]["name"]
        waiting = [pod for pod in relations.mounting(namespace, name) if phase(pod) == "Pending"]
        if waiting and (why := _why(relations, claim)):
            yield _finding(relations, claim, waiting, why)


def _why(relations: Relations, claim: Json) -> _Why | None:
    """Why nothing is bound to it; None while that may still be a matter of moments."""
    state, age = relations.state, ago(created(claim), relations.state.now)
    if dig(claim, "status", "phase") == "Lost":
        return _Why("lost", f"has lost its volume {dig(claim, 'spec', 'volumeName', default='')}".rstrip())
    if age < _GRACE:
        return None
    wanted = dig(claim, "spec", "storageClassName")
    classes = {item["metadata"]["name"]: item for item in state.of("StorageClass")}
    bindable = any(could_bind(claim, volume) for volume in state.of("PersistentVolume"))
    by_hand = not wanted or dig(classes.get(wanted), "provisioner") == _BY_HAND
    if wanted and wanted not in classes and state.can_tell("StorageClass") and not bindable:
        return _class_missing(relations, wanted, list(classes))
    if (
        wanted is None
        and not bindable
        and state.can_tell("StorageClass")
        and not any(map(_is_default, classes.values()))
    ):
        return _Why("no-class", "names no storage class, and there is no default one", _classes_seen(relations, ""))
    if wanted is not None and by_hand and not bindable and state.can_tell("PersistentVolume"):
        return _Why("no-volume", "finds no volume that fits", _volumes_seen(relations))
    if any(event.get("reason") == "ProvisioningFailed" for event in relations.events("PersistentVolumeClaim", claim)):
        return _Why("provisioning-failed", f"gets no volume from its storage class {wanted or ''}".rstrip())
    if age > _PROVISIONING:
        return _Why("slow", "has been waiting for a volume for a long time")
    return None


def _class_missing(relations: Relations, wanted: str, classes: list[str]) -> _Why:
    nearest = next(iter(get_close_matches(wanted, classes, n=1, cutoff=0.6)), "")
    told = f"asks for the storage class {wanted}, which does not exist"
    return _Why("class-missing", told, _classes_seen(relations, wanted), nearest)


def _is_default(storage_class: Json) -> bool:
    return str(dig(storage_class, "metadata", "annotations", DEFAULT_CLASS)) == "true"


def _classes_seen(relations: Relations, wanted: str) -> Evidence:
    names = sorted(str(item["metadata"]["name"]) for item in relations.state.of("StorageClass"))
    summary = f"There is no storage class {wanted}" if wanted else "No storage class is the default one"
    return list_seen(relations.state, "StorageClass", "", "by name", summary, sample="\n".join(names[:20]) or "none")


def _volumes_seen(relations: Relations) -> Evidence:
    lines = [
        f"{item['metadata']['name']}: {dig(item, 'status', 'phase', default='?')}, "
        f"class {dig(item, 'spec', 'storageClassName', default='none') or 'none'}, "
        f"{dig(item, 'spec', 'capacity', 'storage', default='?')}"
        for item in relations.state.of("PersistentVolume")
    ]
    summary = "No volume that is free is what the claim asks for"
    return list_seen(
        relations.state, "PersistentVolume", "", "by phase", summary, sample="\n".join(lines[:20]) or "none"
    )


def _finding(relations: Relations, claim: Json, waiting: list[Json], why: _Why) -> Finding:
    state, ref = relations.state, relations.state.ref("PersistentVolumeClaim", claim)
    workload = relations.workload_of(waiting[0])
    wanted = str(dig(claim, "spec", "storageClassName", default="") or "")
    event = next((e for e in relations.events("PersistentVolumeClaim", claim) if e.get("type") == "Warning"), None)
    told = (moment(condition(pod, "PodScheduled").get("lastTransitionTime")) for pod in waiting)
    since = min((at for at in told if at), default=created(claim))
    count = "1 pod waits" if len(waiting) == 1 else f"{len(waiting)} pods wait"
    known = {
        **facts.about(relations, workload),
        "claim": ref.name,
        "pod": str(waiting[0]["metadata"]["name"]),
        "pods": str(len(waiting)),
        "why": why.code,
        "confidence": "0.6" if why.code == "slow" else "0.95",
    }
    if wanted:
        known["storage_class"] = wanted
    if why.nearest:
        known["nearest_class"] = why.nearest
    size = dig(claim, "spec", "resources", "requests", "storage", default="?")
    return Finding(
        code=CODE,
        severity=facts.severity(workload),
        object=ref,
        title=f"The volume claim {ref.name} of {workload.ref.name} {why.told}",
        evidence=present(
            object_seen(
                state,
                ref,
                "status.phase",
                f"PersistentVolumeClaim {ref.name} is {dig(claim, 'status', 'phase', default='Pending')}: "
                f"it {why.told}; {count} for it",
                sample=f"storageClassName: {wanted or 'none'}\nstorage: {size}",
                also=(workload.ref, *(state.ref("Pod", pod) for pod in waiting[:10])),
            ),
            why.seen,
            event_seen(state, event, ref) if event else None,
            facts.changed(state, workload, since),
        ),
        since=since,
        facts=known,
    )
