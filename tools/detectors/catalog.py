"""All detectors, in the order in which they look."""

from collections.abc import Callable, Iterable, Iterator

from domain.cluster_state import ClusterState
from domain.findings import Finding
from tools.detectors import crash_loop, image_pull, out_of_memory

Detector = Callable[[ClusterState], Iterator[Finding]]

DETECTORS: tuple[Detector, ...] = (
    image_pull.find,
    crash_loop.find,
    out_of_memory.find,
)


def find_all(state: ClusterState, detectors: Iterable[Detector] = DETECTORS) -> tuple[Finding, ...]:
    """Everything that any detector finds, each finding once, worst first."""
    found = {finding.id: finding for detector in detectors for finding in detector(state)}
    return tuple(sorted(found.values(), key=lambda f: (-f.severity, f.code, str(f.object))))
