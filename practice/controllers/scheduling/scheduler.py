"""Gives every pod a node: one pod at a time, and one that found none again when something changed that may help."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Sequence

import aiohttp

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import changed, condition
from practice.controllers.kinds import CLAIM, NODE, POD, STORAGE_CLASS, VOLUME, Key, key_of
from practice.controllers.pods import is_over
from practice.controllers.scheduling.affinity import Neighbours
from practice.controllers.scheduling.binding import bind, name_volumes
from practice.controllers.scheduling.claims import ClaimBook
from practice.controllers.scheduling.filters import Objection, Wanted, objection
from practice.controllers.scheduling.room import Room, Rooms, requests
from practice.controllers.scheduling.score import best
from practice.controllers.work import Work

_FIRST_REST, _LONGEST_REST = 1.0, 10.0
_TRY_ANYWAY_AFTER = 300.0
_NODE_CHANGES = {"NodeUnschedulable", "TaintToleration", "NodeAffinity", "NodeResourcesFit", "NodePorts"}
_NODE_CHANGES |= {"PodTopologySpread", "InterPodAffinity", "VolumeBinding", ""}
_POD_CHANGES = {"NodeResourcesFit", "NodePorts", "PodTopologySpread", "InterPodAffinity"}
_VOLUME_CHANGES = {"VolumeBinding"}


class Scheduler:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._events = cluster.events
        self._pods = cluster.objects(POD)
        self._rooms = Rooms()
        book = (cluster.objects(CLAIM), cluster.objects(VOLUME), cluster.objects(STORAGE_CLASS))
        self._claims = ClaimBook(*book)
        self._refused: dict[Key, set[str]] = {}
        """Which plugins objected to the pods that have no place now."""
        self._tries: dict[Key, tuple[int, float]] = {}
        """How often in vain, and when last, by our own clock."""
        self._binding: set[asyncio.Task[None]] = set()
        # One hand: whoever is placed is in the room before the next one is looked at.
        self._work: Work[Key] = Work("scheduler", self._schedule, hands=1)
        self._pods.listen(self._pod_changed)
        cluster.objects(NODE).listen(self._node_changed)
        for objects in book:
            objects.listen(lambda before, after: self._try_again(_VOLUME_CHANGES))

    async def run(self) -> None:
        await self._work.run()

    # What changes in the cluster.

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if after is None or is_over(after):
            gone = after or before
            assert gone
            self._refused.pop(key_of(gone), None)
            self._tries.pop(key_of(gone), None)
            if self._rooms.take_out(gone["metadata"]["uid"]):
                self._try_again(_POD_CHANGES)
        elif node := after["spec"].get("nodeName"):
            self._rooms.put(after, node)
            if not (before and before["spec"].get("nodeName")):
                self._try_again({"InterPodAffinity"})
        elif _is_ours(after) and (before is None or before["spec"] != after["spec"]):
            self._work.add(key_of(after))

    def _node_changed(self, before: Json | None, after: Json | None) -> None:
        if after is None:
            assert before
            self._rooms.remove(before["metadata"]["name"])
            return
        self._rooms.adopt(after)
        if before is None or _traits(before) != _traits(after):
            self._try_again(_NODE_CHANGES)

    def _try_again(self, helps: set[str]) -> None:
        for key, plugins in self._refused.items():
            if plugins & helps:
                tries, at = self._tries.get(key, (0, 0.0))
                rest = min(_FIRST_REST * 2.0 ** (tries - 1), _LONGEST_REST)
                self._work.add_after(key, at + rest - time.monotonic())

    # One pod.

    async def _schedule(self, key: Key) -> None:
        pod = self._pods.get(*key)
        if not pod or not _is_ours(pod) or pod["spec"].get("nodeName") or is_over(pod):
            return
        wanted = Wanted(pod, requests(pod), self._claims.of(pod), Neighbours(pod, self._rooms))
        if not len(self._rooms):
            await self._refuse(pod, "no nodes available to schedule pods", {""})
            return
        objections = {} if wanted.claims.fault else {room.name: objection(wanted, room) for room in self._rooms}
        fitting = [self._rooms.by_name[name] for name, said in objections.items() if said is None]
        if not fitting:
            said = [each for each in objections.values() if each]
            plugins = {each.by for each in said} if said else {"VolumeBinding"}
            await self._refuse(pod, self._message(wanted.claims.fault, said), plugins)
            return
        room = best(pod, fitting, self._rooms)
        self._refused.pop(key, None)
        self._rooms.put(pod, room.name)
        self._begin(self._bind(pod, wanted, room))

    async def _bind(self, pod: Json, wanted: Wanted, room: Room) -> None:
        key, uid = key_of(pod), pod["metadata"]["uid"]
        try:
            if not await name_volumes(self._cluster, wanted.claims.choose(room.node) or [], room.name):
                # The claims are bound first; their change brings the pod back here.
                self._rooms.take_out(uid)
                self._refused[key] = set(_VOLUME_CHANGES)
                return
            await bind(self._cluster.api, pod, room.name)
        except (ApiError, aiohttp.ClientError, TimeoutError, OSError):
            now = self._pods.get(*key)
            if not (now and now["spec"].get("nodeName")):
                self._rooms.take_out(uid)
                self._work.add_after(key, _FIRST_REST)
            return
        self._tries.pop(key, None)
        message = f"Successfully assigned {key[0]}/{key[1]} to {room.name}"
        self._events.scheduling(POD, pod, "Normal", "Scheduled", "Binding", message)

    async def _refuse(self, pod: Json, message: str, plugins: set[str]) -> None:
        key = key_of(pod)
        self._refused[key] = plugins
        self._tries[key] = (self._tries.get(key, (0, 0.0))[0] + 1, time.monotonic())
        self._work.add_after(key, _TRY_ANYWAY_AFTER)
        self._events.scheduling(POD, pod, "Warning", "FailedScheduling", "Scheduling", message)
        new = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        old = condition(pod, "PodScheduled") or {}
        if new.items() <= old.items():
            return
        status = pod.get("status", {})
        conditions = changed(status.get("conditions", ()), {"lastProbeTime": None, **new})
        change = {"metadata": {"uid": pod["metadata"]["uid"]}, "status": {"conditions": conditions}}
        await self._pods.patch(pod, change, "status", how="strategic-merge")

    def _message(self, fault: str, objections: Sequence[Objection]) -> str:
        """In Kubernetes' words: how many nodes objected to what, and whether preemption would help."""
        nodes = len(self._rooms)
        none = f"0/{nodes} nodes are available:"
        if fault:
            # Kubernetes' own second sentence here is the plugin for devices, which finds no state of its own.
            return f"{none} {fault}. not found"
        reasons = Counter(reason for each in objections for reason in each.reasons)
        why = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
        hopeless = sum(each.final for each in objections)
        helps = {
            "Preemption is not helpful for scheduling": hopeless,
            "No preemption victims found for incoming pod": nodes - hopeless,
        }
        preemption = ", ".join(sorted(f"{count} {reason}" for reason, count in helps.items() if count))
        return f"{none} {why}. no new claims to deallocate, preemption: {none} {preemption}."

    def _begin(self, binding: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(binding)
        self._binding.add(task)
        task.add_done_callback(self._binding.discard)


def _is_ours(pod: Json) -> bool:
    spec = pod["spec"]
    ours = spec.get("schedulerName", "default-scheduler") == "default-scheduler"
    return ours and not spec.get("schedulingGates") and not pod["metadata"].get("deletionTimestamp")


def _traits(node: Json) -> list[object]:
    """What of a node may decide about a pod."""
    spec = node["spec"]
    offered = node.get("status", {}).get("allocatable")
    return [spec.get("taints"), spec.get("unschedulable"), node["metadata"].get("labels"), offered]
