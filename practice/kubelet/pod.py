"""One pod on one of our nodes: its containers played together, and its status written as they go."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from practice.api import ApiError, Json, path_of
from practice.kubelet.clock import now, parse, stamp
from practice.kubelet.container import ContainerPlay, Surroundings
from practice.kubelet.environment import missing_volume
from practice.traffic import Behaviour


@dataclass
class PodPlay:
    around: Surroundings
    item: Json
    """The pod as the API server last told it."""
    address: str
    how: Callable[[ContainerPlay], Behaviour]
    containers: list[ContainerPlay] = field(default_factory=list)
    mounted: bool = False
    started_at: str = ""
    _conditions: dict[str, Json] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _written: Json = field(default_factory=dict)

    async def play(self) -> None:
        """Until it is cancelled."""
        self.started_at = stamp(now())
        self.containers = [
            ContainerPlay(self.around, lambda: self.item, spec, self._news.set, self.how)
            for spec in self.item["spec"]["containers"]
        ]
        self._news.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_status_written())
            await self._mount()
            for container in self.containers:
                group.create_task(container.run())

    async def end(self) -> None:
        """Stop the containers and let the API server forget the pod."""
        for container in self.containers:
            container.stop()
        meta = self.item["metadata"]
        path = path_of("v1", "Pod", meta["namespace"], meta["name"])
        await self.around.api.delete(path, {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}})

    def adopt(self, item: Json) -> None:
        """Take the pod as it is now. Times that somebody moved are kept moved: what did not change keeps its time."""
        self.item = item
        status = item.get("status", {})
        self.started_at = status.get("startTime", self.started_at)
        for condition in status.get("conditions", []):
            ours = self._conditions.get(condition["type"])
            if ours and ours["status"] == condition["status"]:
                ours["lastTransitionTime"] = condition["lastTransitionTime"]
        told = {each["name"]: each for each in status.get("containerStatuses", [])}
        for container in self.containers:
            if container.name in told:
                _adopt_times(container, told[container.name])

    @property
    def uid(self) -> str:
        return str(self.item["metadata"]["uid"])

    @property
    def namespace(self) -> str:
        return str(self.item["metadata"]["namespace"])

    @property
    def phase(self) -> str:
        states = [container.state for container in self.containers]
        if all("terminated" in state for state in states) and not any(self._will_run_again()):
            codes = [state["terminated"]["exitCode"] for state in states]
            return "Failed" if any(codes) else "Succeeded"
        began = all(container.container_id for container in self.containers)
        return "Running" if began else "Pending"

    def _will_run_again(self) -> Iterable[bool]:
        policy = self.item["spec"].get("restartPolicy", "Always")
        for container in self.containers:
            code = container.state["terminated"]["exitCode"]
            yield policy == "Always" or (policy == "OnFailure" and code != 0)

    async def _mount(self) -> None:
        while fault := await missing_volume(self.around.api, self.item):
            await self.around.events.write(self.item, "FailedMount", fault, warning=True, node=self.around.node)
            await asyncio.sleep(1.0)
        self.mounted = True

    async def _keep_status_written(self) -> None:
        while True:
            await self._news.wait()
            # Several changes of one moment become one write.
            await asyncio.sleep(0.03)
            self._news.clear()
            status = self._status()
            if status == self._written:
                continue
            self._written = status
            meta = self.item["metadata"]
            path = path_of("v1", "Pod", meta["namespace"], meta["name"]) + "/status"
            try:
                # The uid keeps a late write off a successor of the same name.
                await self.around.api.patch(path, {"metadata": {"uid": meta["uid"]}, "status": status}, kind="merge")
            except ApiError as error:
                if error.status not in (404, 409):
                    raise

    def _status(self) -> Json:
        unready = [container.name for container in self.containers if not container.ready]
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
        self._condition("PodReadyToStartContainers", self.mounted)
        self._condition("Initialized", True)
        self._condition("Ready", not unready, why)
        self._condition("ContainersReady", not unready, why)
        others = [
            each for each in self.item.get("status", {}).get("conditions", []) if each["type"] not in self._conditions
        ]
        return {
            "phase": self.phase,
            "hostIP": "127.0.0.1",
            "hostIPs": [{"ip": "127.0.0.1"}],
            "podIP": self.address,
            "podIPs": [{"ip": self.address}],
            "startTime": self.started_at,
            "conditions": [*(dict(each) for each in self._conditions.values()), *others],
            "containerStatuses": [container.status() for container in self.containers],
        }

    def _condition(self, kind: str, holds: bool, why: Json | None = None) -> None:
        before = self._conditions.get(kind, {})
        status = "True" if holds else "False"
        since = before["lastTransitionTime"] if before.get("status") == status else stamp(now())
        condition = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
        self._conditions[kind] = condition | ({} if holds or not why else why)


def _adopt_times(container: ContainerPlay, told: Json) -> None:
    if told.get("restartCount") != container.restarts or told.get("containerID", "") != container.container_id:
        return
    if "running" in container.state and "running" in told.get("state", {}):
        before, after = container.state["running"]["startedAt"], told["state"]["running"]["startedAt"]
        if before != after:
            container.state = {"running": {"startedAt": after}}
            by: timedelta = parse(after) - parse(before)
            if container.book:
                container.book.move(by)
    if container.last_state and told.get("lastState", {}).get("terminated"):
        container.last_state = told["lastState"]
