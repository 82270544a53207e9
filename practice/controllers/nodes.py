"""Nodes: their taints follow their state, and a node that gives no sign of life becomes Unknown, its pods not ready."""

import asyncio
import time
from collections.abc import Sequence

from practice.api import ApiError, Json
from practice.controllers import taints
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import changed, condition
from practice.controllers.kinds import LEASE, NODE, POD, Key, key_of
from practice.controllers.times import stamp
from practice.controllers.work import Work

GRACE = 24.0
"""Seconds without a sign of life; practice runs the real controller with the same."""

_COMPONENT = "node-controller"
_WATCHED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_SAME_LABELS = {
    "kubernetes.io/os": "beta.kubernetes.io/os",
    "kubernetes.io/arch": "beta.kubernetes.io/arch",
}
_NOTES = {"node.alpha.kubernetes.io/ttl": "0"}


class Nodes:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._nodes = cluster.objects(NODE)
        self._pods = cluster.objects(POD)
        self._on_node = self._pods.index(lambda pod: [pod["spec"].get("nodeName", "")])
        self._alive: dict[str, float] = {}
        """When each node last gave a sign of life, by our own clock."""
        self._work: Work[str] = Work("nodes", self._sync, hands=2)
        self._pod_work: Work[Key] = Work("pods of nodes", self._sync_pod, hands=2)
        self._nodes.listen(self._node_changed)
        self._pods.listen(self._pod_changed)
        cluster.objects(LEASE).listen(self._lease_changed)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work.run())
            group.create_task(self._pod_work.run())

    def _node_changed(self, before: Json | None, after: Json | None) -> None:
        if after is None:
            assert before
            self._alive.pop(before["metadata"]["name"], None)
            self._tell(before, "RemovingNode", f"Removing Node {before['metadata']['name']} from Controller")
            return
        name = after["metadata"]["name"]
        if before is None:
            self._tell(after, "RegisteredNode", f"Registered Node {name} in Controller")
        if before is None or _heartbeats(before) != _heartbeats(after):
            self._alive[name] = time.monotonic()
        self._work.add(name)

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if after and after["spec"].get("nodeName") and not (before and before["spec"].get("nodeName")):
            self._pod_work.add(key_of(after))

    def _lease_changed(self, _: Json | None, after: Json | None) -> None:
        if after and after["metadata"]["namespace"] == "kube-node-lease":
            self._alive[after["metadata"]["name"]] = time.monotonic()

    def _tell(self, node: Json, reason: str, message: str) -> None:
        message = f"Node {node['metadata']['name']} event: {message}"
        self._events.normal(_COMPONENT, NODE, node, reason, message)

    async def _sync(self, name: str) -> None:
        node = self._nodes.get("", name)
        if not node:
            return
        silence = time.monotonic() - self._alive.get(name, 0.0)
        if silence >= GRACE:
            node = await self._lose(node)
        else:
            self._work.add_after(name, GRACE - silence + 0.1)
        await self._label(node)
        await self._taint(node)

    async def _lose(self, node: Json) -> Json:
        """Nobody knows how the node is."""
        status = node.get("status", {})
        conditions = [dict(each) for each in status.get("conditions", ())]
        at = stamp()
        was_ready = (condition(node, "Ready") or {}).get("status") == "True"
        for kind in _WATCHED:
            old = next((each for each in conditions if each["type"] == kind), None)
            if old is None:
                never = {"reason": "NodeStatusNeverUpdated", "message": "Kubelet never posted node status."}
                since = node["metadata"]["creationTimestamp"]
                times = {"lastHeartbeatTime": since, "lastTransitionTime": at}
                conditions.append({"type": kind, "status": "Unknown", **never, **times})
            elif old["status"] != "Unknown":
                silent = {"reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}
                old |= {"status": "Unknown", "lastTransitionTime": at, **silent}
        if conditions == status.get("conditions"):
            return node
        heard = self._alive[node["metadata"]["name"]]
        node = await self._nodes.replace({**node, "status": {**status, "conditions": conditions}}, "status")
        self._alive[node["metadata"]["name"]] = heard
        if was_ready:
            name = node["metadata"]["name"]
            await self._mark_not_ready(self._on_node[name])
            self._events.normal(_COMPONENT, NODE, node, "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        return node

    async def _label(self, node: Json) -> None:
        labels = node["metadata"].get("labels", {})
        missing = {copy: labels[name] for name, copy in _SAME_LABELS.items() if name in labels}
        notes = node["metadata"].get("annotations") or {}
        if not missing.items() <= labels.items() or not _NOTES.items() <= notes.items():
            await self._nodes.patch(node, {"metadata": {"labels": missing, "annotations": _NOTES}})

    async def _taint(self, node: Json) -> Json:
        wanted = taints.wanted(node)
        before = node["spec"].get("taints") or []
        has = {(each["key"], each["effect"]) for each in before} & taints.OURS
        if has == set(wanted):
            return node
        kept = [each for each in before if (each["key"], each["effect"]) in {*wanted} or not _is_ours(each)]
        new = [
            {"key": key, "effect": effect, "timeAdded": stamp()} for key, effect in wanted if (key, effect) not in has
        ]
        version = node["metadata"]["resourceVersion"]
        change = {"metadata": {"resourceVersion": version}, "spec": {"taints": kept + new or None}}
        return await self._nodes.patch(node, change)

    async def _sync_pod(self, key: Key) -> None:
        """One that has come to a node that is not ready."""
        pod = self._pods.get(*key)
        node = self._nodes.get("", pod["spec"].get("nodeName", "")) if pod else None
        if pod and node and (condition(node, "Ready") or {"status": "True"})["status"] != "True":
            await self._mark_not_ready([pod])

    async def _mark_not_ready(self, pods: Sequence[Json]) -> None:
        for pod in pods:
            ready = condition(pod, "Ready")
            if not ready or ready["status"] != "True":
                continue
            conditions = changed(pod["status"]["conditions"], {**ready, "status": "False"})
            try:
                pod = await self._pods.replace({**pod, "status": {**pod["status"], "conditions": conditions}}, "status")
            except ApiError as error:
                if error.status != 404:
                    raise
                continue
            self._events.warning(_COMPONENT, POD, pod, "NodeNotReady", "Node is not ready")


def _is_ours(taint: Json) -> bool:
    return (taint["key"], taint["effect"]) in taints.OURS


def _heartbeats(node: Json) -> list[str]:
    return [str(each.get("lastHeartbeatTime")) for each in node.get("status", {}).get("conditions", ())]
