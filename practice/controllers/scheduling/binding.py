"""Writing down where a pod goes, and which volumes its waiting claims get."""

from collections.abc import Iterable

from practice.api import Api, Json
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import CLAIM, POD, VOLUME
from practice.controllers.volumes.matching import is_meant_for, with_claim

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
