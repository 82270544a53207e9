"""Writing down where a pod goes, and which volumes its waiting claims get."""

from collections.abc import Iterable

from practice.api import Api, Json
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import CLAIM, POD, VOLUME
from practice.controllers.volume_matching import BOUND_BY_US, is_meant_for

_NODE = "volume.kubernetes.io/selected-node"


async def bind(api: Api, pod: Json, node: str) -> None:
    meta = pod["metadata"]
    body = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]},
        "target": {"kind": "Node", "name": node},
    }
    await api.request("POST", POD.path_of(pod, "binding"), body)


async def name_volumes(cluster: Cluster, chosen: Iterable[tuple[Json, Json | None]], node: str) -> bool:
    """Name each claim on its volume, or the node on the claim; True if there was nothing left to name."""
    done = True
    for claim, volume in chosen:
        done = False
        if volume is None:
            if (claim["metadata"].get("annotations") or {}).get(_NODE) != node:
                change = {"metadata": {"annotations": {_NODE: node}}}
                await cluster.objects(CLAIM).patch(claim, change)
        elif not is_meant_for(volume, claim) or not volume["spec"]["claimRef"].get("uid"):
            await cluster.objects(VOLUME).replace(with_claim(volume, claim))
    return done


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
