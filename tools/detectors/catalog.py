"""All detectors, in the order in which they look."""

from collections.abc import Callable, Iterable, Iterator

from domain.cluster_state import ClusterState
from domain.findings import Finding
from tools.detectors import (
    autoscaler_at_limit,
    claim_pending,
    config_missing,
    crash_loop,
    image_pull,
    out_of_memory,
    probe_failing,
    rollout_stuck,
    service_without_endpoints,
    unschedulable,
)

Detector = Callable[[ClusterState], Iterator[Finding]]

DETECTORS: tuple[Detector, ...] = (
    config_missing.find,
    image_pull.find,
    out_of_memory.find,
    crash_loop.find,
    probe_failing.find,
    claim_pending.find,
    unschedulable.find,
    autoscaler_at_limit.find,
    rollout_stuck.find,
    service_without_endpoints.find,
)


def find_all(state: ClusterState, detectors: Iterable[Detector] = DETECTORS) -> tuple[Finding, ...]:
    """Everything that any detector finds, each finding once, worst first."""
    found = {finding.id: finding for detector in detectors for finding in detector(state)}
    return tuple(sorted(found.values(), key=lambda f: (-f.severity, f.code, str(f.object))))
