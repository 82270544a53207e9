"""What our pods are doing right now, and the counters that Prometheus reads from them."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from practice.api import Json
from practice.flow import Member, behaviours
from practice.kubelet.container import ContainerPlay
from practice.kubelet.fate import memory_bytes
from practice.kubelet.pod import PodPlay
from practice.series import Play, Sample, samples
from practice.traffic import Behaviour, Meter, Totals
from practice.worlds import World

LOOK_EVERY = 0.5
"""Seconds for which a container's log goes by what was found last."""


@dataclass
class Meters:
    pods: Callable[[], Iterable[PodPlay]]
    unscheduled: Callable[[], Iterable[Json]]
    """Pods that no node has yet."""
    endpoints: Callable[[], Mapping[str, Collection[str]]]
    """Uids of the pods that get requests, by `namespace/service`."""
    _meters: dict[str, Meter] = field(default_factory=dict)
    _found: dict[str, Behaviour] = field(default_factory=dict)
    _found_at: float = 0.0

    def plays(self, namespaces: Collection[str] = ()) -> list[Play]:
        """Every container of those namespaces (of all, when none is named) as it stands, on a node or not yet."""
        self._look()
        chosen = [pod for pod in self.pods() if not namespaces or pod.namespace in namespaces]
        waiting = [item for item in self.unscheduled() if not namespaces or item["metadata"]["namespace"] in namespaces]
        return [
            *(_play(pod, container, self._found) for pod in chosen for container in pod.containers),
            *(_waiting(item, container) for item in waiting for container in item["spec"]["containers"]),
        ]

    def how(self, container: ContainerPlay) -> Behaviour:
        """What one container is doing, or was a moment ago."""
        if time.monotonic() - self._found_at > LOOK_EVERY:
            self._look()
        return self._found.get(container.key, Behaviour())

    def samples(self, now: float, namespaces: Collection[str] = ()) -> Iterable[Sample]:
        for play in self.plays(namespaces):
            meter = self._meters.setdefault(play.key, Meter(play.how, now, {}))
            yield from samples(play, meter.at(now, play.how))

    def go_on_from(self, at: float, totals: Mapping[str, Totals]) -> None:
        """Continue counters where a written history ends."""
        playing = {play.key: play for play in self.plays()}
        for key, reached in totals.items():
            if key in playing:
                self._meters[key] = Meter(playing[key].how, at, dict(reached))

    def _look(self) -> None:
        endpoints = self.endpoints()
        worlds: dict[str, World] = {}
        members = []
        for pod in self.pods():
            for container in pod.containers:
                if pod.namespace not in worlds:
                    worlds[pod.namespace] = pod.around.worlds.of(pod.namespace)
                members.append(_member(pod, container, worlds[pod.namespace], endpoints))
        self._found, self._found_at = behaviours(members), time.monotonic()


def _member(pod: PodPlay, container: ContainerPlay, world: World, endpoints: Mapping[str, Collection[str]]) -> Member:
    # How many people come is the world's to say now; what the program is was settled when it started.
    program = world.program(container.image) or container.program
    return Member(
        key=container.key,
        namespace=pod.namespace,
        program=program,
        running="running" in container.state,
        ready=container.ready,
        behind=container.ready and pod.uid in endpoints.get(f"{pod.namespace}/{program.service}", ()),
        pool_size=container.pool_size,
        calls=container.calls,
    )


def _waiting(item: Json, container: Json) -> Play:
    meta = item["metadata"]
    return Play(
        namespace=meta["namespace"],
        pod=meta["name"],
        uid=meta["uid"],
        container=container["name"],
        node="",
        image=container["image"],
        service="",
        instance="",
        owner=_owner(meta),
        phase="Pending",
        ready=False,
        restarts=0,
    )


def _owner(meta: Json) -> str:
    return str((meta.get("ownerReferences") or [{"name": ""}])[0]["name"])


def _play(pod: PodPlay, container: ContainerPlay, found: Mapping[str, Behaviour]) -> Play:
    meta = pod.item["metadata"]
    limit = container.spec.get("resources", {}).get("limits", {}).get("memory", "")
    return Play(
        namespace=pod.namespace,
        pod=meta["name"],
        uid=meta["uid"],
        container=container.name,
        node=pod.around.node,
        image=container.image,
        service=container.program.service,
        instance=f"{pod.address}:{container.program.port}",
        owner=_owner(meta),
        phase=pod.phase,
        ready=container.ready,
        restarts=container.restarts,
        waiting=container.state.get("waiting", {}).get("reason", ""),
        ended=container.last_state.get("terminated", {}).get("reason", ""),
        memory_limit=memory_bytes(limit),
        how=_within(found.get(container.key, Behaviour()), memory_bytes(limit)),
    )


def _within(how: Behaviour, limit: float) -> Behaviour:
    """No container has more memory than its limit: before it would, it is killed."""
    return replace(how, memory_bytes=limit) if limit and how.memory_bytes > limit else how
