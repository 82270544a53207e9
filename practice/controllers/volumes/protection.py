"""A claim that a pod uses, and a volume that a claim has, outlive their deletion until nobody needs them."""

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import CLAIM, POD, VOLUME, Key, Kind, key_of
from practice.controllers.pods import is_over
from practice.controllers.volumes.matching import claim_names
from practice.controllers.work import Work

_FINALIZERS = {CLAIM: "kubernetes.io/pvc-protection", VOLUME: "kubernetes.io/pv-protection"}


class VolumeProtection:
    def __init__(self, cluster: Cluster) -> None:
        self._objects = {kind: cluster.objects(kind) for kind in _FINALIZERS}
        self._pods = cluster.objects(POD)
        self._work: Work[tuple[Kind, Key]] = Work("volume protection", self._sync, hands=2)
        self._objects[CLAIM].listen(lambda _, after: self._changed(CLAIM, after))
        self._objects[VOLUME].listen(lambda _, after: self._changed(VOLUME, after))
        self._pods.listen(self._pod_changed)

    async def run(self) -> None:
        await self._work.run()

    def _changed(self, kind: Kind, after: Json | None) -> None:
        if after and after["metadata"].get("deletionTimestamp"):
            self._work.add((kind, key_of(after)))

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if before and (after is None or is_over(after)):
            for name in claim_names(before):
                self._work.add((CLAIM, (before["metadata"]["namespace"], name)))

    async def _sync(self, which: tuple[Kind, Key]) -> None:
        kind, key = which
        item = self._objects[kind].get(*key)
        finalizers = item["metadata"].get("finalizers") or [] if item else []
        if not item or not item["metadata"].get("deletionTimestamp") or _FINALIZERS[kind] not in finalizers:
            return
        if self._is_used(kind, item):
            return
        left = [each for each in finalizers if each != _FINALIZERS[kind]]
        change = {"resourceVersion": item["metadata"]["resourceVersion"], "finalizers": left or None}
        try:
            await self._objects[kind].patch(item, {"metadata": change})
        except ApiError as error:
            if error.status != 404:
                raise

    def _is_used(self, kind: Kind, item: Json) -> bool:
        if kind == VOLUME:
            return bool(item.get("status", {}).get("phase") == "Bound")
        namespace, name = key_of(item)
        return any(
            pod["spec"].get("nodeName") and not is_over(pod) and name in claim_names(pod)
            for pod in self._pods.within(namespace)
        )
