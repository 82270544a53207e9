"""Groups containers in the same trouble by workload, since fifty pods of one Deployment are one thing to say."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from domain.evidence import Evidence
from domain.objects import ObjectRef
from tools.kubernetes.pods import Container, containers_of
from tools.kubernetes.relations import Relations, Workload

_NAMED_PODS = 10


@dataclass(frozen=True, slots=True)
class Group:
    """Containers of one name in pods of one workload, the one that restarted most often first."""

    workload: Workload
    containers: tuple[Container, ...]

    @property
    def worst(self) -> Container:
        return self.containers[0]

    def pods(self, relations: Relations) -> tuple[ObjectRef, ...]:
        return tuple(relations.state.ref("Pod", c.pod) for c in self.containers[:_NAMED_PODS])

    @property
    def how_many(self) -> str:
        count = len(self.containers)
        return "1 pod" if count == 1 else f"{count} pods"


def grouped(relations: Relations, in_trouble: Callable[[Workload, Container], bool]) -> Iterator[Group]:
    """The groups for which `in_trouble` holds, among pods that something is still expected of."""
    for workload in relations.workloads():
        found: dict[str, list[Container]] = defaultdict(list)
        for pod in relations.live_pods(workload):
            for container in containers_of(pod):
                if in_trouble(workload, container):
                    found[container.name].append(container)
        for containers in found.values():
            yield Group(workload, tuple(sorted(containers, key=lambda c: (-c.restarts, c.pod["metadata"]["name"]))))


def present(*evidence: Evidence | None) -> tuple[Evidence, ...]:
    """The pieces that exist, each once."""
    return tuple({piece.id: piece for piece in evidence if piece is not None}.values())
