"""Pods leave nodes that have a NoExecute taint: at once, after the time they tolerate it, or never."""

from practice.api import ApiError, Json
from practice.controllers import taints
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import changed
from practice.controllers.kinds import NODE, POD, Key, key_of
from practice.controllers.times import seconds_since
from practice.controllers.work import Work

_COMPONENT = "taint-eviction-controller"
_WHY = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


class TaintEviction:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._nodes = cluster.objects(NODE)
        self._pods = cluster.objects(POD)
        self._on_node = self._pods.index(lambda pod: [pod["spec"].get("nodeName", "")])
        self._work: Work[Key] = Work("taint eviction", self._sync, hands=4)
        self._nodes.listen(self._node_changed)
        self._pods.listen(self._pod_changed)

    async def run(self) -> None:
        await self._work.run()

    def _node_changed(self, before: Json | None, after: Json | None) -> None:
        if after and taints.taints_of(after, "NoExecute") != (taints.taints_of(before, "NoExecute") if before else []):
            for pod in self._on_node[after["metadata"]["name"]]:
                self._work.add(key_of(pod))

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if after and after["spec"].get("nodeName") and not (before and before["spec"].get("nodeName")):
            self._work.add(key_of(after))

    async def _sync(self, key: Key) -> None:
        pod = self._pods.get(*key)
        if not pod or pod["metadata"].get("deletionTimestamp"):
            return
        node = self._nodes.get("", pod["spec"].get("nodeName", ""))
        bad = taints.taints_of(node, "NoExecute") if node else []
        limit = taints.patience(bad, pod["spec"].get("tolerations") or []) if bad else None
        if limit is None:
            return
        since = [seconds_since(each["timeAdded"]) for each in bad if each.get("timeAdded")]
        left = limit - max(since, default=0.0)
        if left > 0:
            self._work.add_after(key, left)
            return
        message = f"Marking for deletion Pod {key[0]}/{key[1]}"
        self._events.normal(_COMPONENT, POD, pod, "TaintManagerEviction", message)
        try:
            conditions = changed(pod["status"].get("conditions", []), _WHY)
            pod = await self._pods.replace({**pod, "status": {**pod["status"], "conditions": conditions}}, "status")
            await self._pods.delete(pod)
        except ApiError as error:
            if error.status != 404:
                raise
