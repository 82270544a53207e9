"""What our pods are doing right now, and the counters that Prometheus reads from them."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from practice.kubelet.container import ContainerPlay
from practice.kubelet.fate import memory_bytes
from practice.kubelet.pod import PodPlay
from practice.series import Play, Sample, samples
from practice.traffic import Behaviour, Meter, Totals, behaviour

COUNT_EVERY = 0.5


@dataclass
class Meters:
    pods: Callable[[], Iterable[PodPlay]]
    _meters: dict[str, Meter] = field(default_factory=dict)
    _counted: dict[tuple[str, str], int] = field(default_factory=dict)
    _counted_at: float = 0.0

    def plays(self, namespaces: Collection[str] = ()) -> list[Play]:
        """Every container of those namespaces (of all, when none is named) as it stands."""
        chosen = [pod for pod in self.pods() if not namespaces or pod.namespace in namespaces]
        ready = self._count()
        return [_play(pod, container, ready) for pod in chosen for container in pod.containers]

    def how(self, container: ContainerPlay) -> Behaviour:
        """What one container is doing."""
        return _behaviour(container, self._ready_by_image())

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

    def _ready_by_image(self) -> dict[tuple[str, str], int]:
        """Ready pods by namespace and program: who shares its requests. Counted twice a second at most."""
        if time.monotonic() - self._counted_at > COUNT_EVERY:
            self._counted, self._counted_at = self._count(), time.monotonic()
        return self._counted

    def _count(self) -> dict[tuple[str, str], int]:
        counted: dict[tuple[str, str], int] = {}
        for pod in self.pods():
            for container in pod.containers:
                key = (pod.namespace, container.program.image)
                counted[key] = counted.get(key, 0) + (1 if container.ready else 0)
        return counted


def _play(pod: PodPlay, container: ContainerPlay, ready: Mapping[tuple[str, str], int]) -> Play:
    meta = pod.item["metadata"]
    owners = meta.get("ownerReferences") or [{"name": ""}]
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
        owner=owners[0]["name"],
        phase=pod.phase,
        ready=container.ready,
        restarts=container.restarts,
        waiting=container.state.get("waiting", {}).get("reason", ""),
        ended=container.last_state.get("terminated", {}).get("reason", ""),
        memory_limit=memory_bytes(limit),
        how=_behaviour(container, ready),
    )


def _behaviour(container: ContainerPlay, ready: Mapping[tuple[str, str], int]) -> Behaviour:
    program = container.program
    return behaviour(
        program,
        running="running" in container.state,
        ready=container.ready,
        sharing=ready.get((container.namespace, program.image), 0),
        pool_size=container.pool_size,
    )
