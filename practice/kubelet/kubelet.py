"""The kubelet itself: its nodes, and the pods that are bound to them."""

import asyncio
import logging
from dataclasses import dataclass, field

from practice.api import Api, Json
from practice.kubelet.container import Surroundings
from practice.kubelet.events import Events
from practice.kubelet.meters import Meters
from practice.kubelet.node import Node
from practice.kubelet.pod import PodPlay
from practice.kubelet.service_network import ServiceNetwork
from practice.worlds import Worlds

log = logging.getLogger(__name__)


@dataclass
class Kubelet:
    api: Api
    worlds: Worlds
    nodes: list[Node]
    playing: dict[str, PodPlay] = field(default_factory=dict)
    """By uid."""
    unscheduled: dict[str, Json] = field(default_factory=dict)
    """Pods that no node has yet, by uid: nobody plays them, but they are counted."""
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _addresses: int = 0

    def __post_init__(self) -> None:
        events = Events(self.api)
        self._around = {node.name: Surroundings(self.api, events, self.worlds, node.name) for node in self.nodes}
        self.network = ServiceNetwork(self.api)
        self.meters = Meters(lambda: self.playing.values(), lambda: self.unscheduled.values(), self.network.endpoints)
        self._numbers = {node.name: node.number for node in self.nodes}

    def find(self, namespace: str, name: str) -> PodPlay | None:
        for pod in self.playing.values():
            meta = pod.item["metadata"]
            if (meta["namespace"], meta["name"]) == (namespace, name):
                return pod
        return None

    async def follow_pods(self) -> None:
        """Play what is bound to our nodes, until cancelled."""
        while True:
            self.unscheduled.clear()
            async for kind, item in self.api.watch("/api/v1/pods"):
                uid = item["metadata"]["uid"]
                self.unscheduled.pop(uid, None)
                if kind == "DELETED":
                    self._forget(uid)
                elif item["spec"].get("nodeName") in self._around:
                    self._take(item)
                elif "nodeName" not in item["spec"]:
                    self.unscheduled[uid] = item
            await asyncio.sleep(0.2)

    def _take(self, item: Json) -> None:
        uid = item["metadata"]["uid"]
        pod = self.playing.get(uid)
        if item["metadata"].get("deletionTimestamp"):
            self._begin_end(uid, pod or self._pod(item))
        elif pod:
            pod.adopt(item)
        elif item.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
            self.playing[uid] = pod = self._pod(item)
            self._start(uid, pod)

    def _pod(self, item: Json) -> PodPlay:
        node = item["spec"]["nodeName"]
        self._addresses += 1
        third, fourth = divmod(self._addresses, 250)
        return PodPlay(
            self._around[node], item, f"10.{243 + self._numbers[node]}.{third}.{fourth + 2}", self.meters.how
        )

    def _start(self, uid: str, pod: PodPlay) -> None:
        self._tasks[uid] = task = asyncio.create_task(pod.play(), name=f"pod {pod.item['metadata']['name']}")
        task.add_done_callback(_tell_failure)

    def _begin_end(self, uid: str, pod: PodPlay) -> None:
        ending = f"{uid}/end"
        if ending not in self._tasks:
            self._stop(uid)
            self._tasks[ending] = task = asyncio.create_task(pod.end())
            task.add_done_callback(_tell_failure)

    def _forget(self, uid: str) -> None:
        self._stop(uid)
        self._tasks.pop(f"{uid}/end", None)
        self.playing.pop(uid, None)

    def _stop(self, uid: str) -> None:
        if task := self._tasks.pop(uid, None):
            task.cancel()


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("%s failed", task.get_name(), exc_info=error)
