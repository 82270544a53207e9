"""The series that a container leaves in Prometheus: its application's own, the node's, kube-state-metrics'."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from practice.traffic import BUCKETS, Amount, Behaviour, Totals

COUNTERS = {
    "http_requests_total": "HTTP requests answered.",
    "db_client_connections_timeouts_total": "Waits for a connection that were given up.",
    "container_cpu_usage_seconds_total": "CPU time used.",
    "kube_pod_container_status_restarts_total": "Restarts of the container.",
}
HISTOGRAMS = {"http_request_duration_seconds": "Time to answer a request."}


@dataclass(frozen=True)
class Play:
    """One container as the kubelet plays it at some moment: who it is, how it stands, how it does."""

    namespace: str
    pod: str
    uid: str
    container: str
    node: str
    image: str
    service: str
    instance: str
    owner: str
    phase: str
    ready: bool
    restarts: int
    waiting: str = ""
    ended: str = ""
    """Reason of the last end, if it ended before."""
    memory_limit: float = 0.0
    how: Behaviour = field(default_factory=Behaviour)

    @property
    def key(self) -> str:
        return f"{self.uid}/{self.container}"

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        return cls(**{**value, "how": Behaviour(**value["how"])})


@dataclass(frozen=True)
class Sample:
    name: str
    labels: tuple[tuple[str, str], ...]
    value: Amount

    @property
    def series(self) -> str:
        inside = ",".join(f'{name}="{value}"' for name, value in self.labels)
        return f"{self.name}{{{inside}}}"

    def line(self) -> str:
        """As in Prometheus' text format, to the last digit: a counter rounded down would seem to have started anew."""
        return f"{self.series} {self.value:.17g}"


def samples(play: Play, totals: Totals) -> Iterator[Sample]:
    """All series of one container with their values."""
    if play.service:
        yield from _application(play, totals)
    yield from _node(play, totals)
    yield from _state(play)


def exposition(found: Iterable[Sample]) -> str:
    """Prometheus' text format, families together and typed."""
    families: dict[str, list[str]] = {}
    for sample in found:
        families.setdefault(_family(sample.name), []).append(sample.line())
    lines = []
    for name, members in families.items():
        kind = "counter" if name in COUNTERS else "histogram" if name in HISTOGRAMS else "gauge"
        lines += [f"# TYPE {name} {kind}", *members]
    return "\n".join(lines) + "\n"


def _application(play: Play, totals: Totals) -> Iterator[Sample]:
    who = (
        ("container", play.container),
        ("instance", play.instance),
        ("job", play.service),
        ("namespace", play.namespace),
        ("pod", play.pod),
        ("service", play.service),
    )
    how = play.how
    yield Sample("up", who, float(how.serving))
    if not how.memory_bytes:
        return
    # Timeouts of the pool are 503s, what others did not answer are 502s; a program's own errors are 500s.
    codes = {"502": totals.get("upstream", 0.0), "503": totals.get("timeouts", 0.0)}
    codes["500"] = np.maximum(totals.get("failed", 0.0) - codes["502"] - codes["503"], 0.0)
    codes = {"200": totals.get("ok", 0.0), **codes}
    for code, value in codes.items():
        if np.any(value) or code in ("200", how.failure):
            yield Sample("http_requests_total", (("code", code), *who), value)
    count = totals.get("ok", 0.0) + totals.get("failed", 0.0)
    for bound in BUCKETS:
        le = ("le", f"{bound:g}")
        yield Sample("http_request_duration_seconds_bucket", (*who, le), totals.get(f"le:{bound}", 0.0))
    yield Sample("http_request_duration_seconds_bucket", (*who, ("le", "+Inf")), count)
    yield Sample("http_request_duration_seconds_sum", who, totals.get("seconds", 0.0))
    yield Sample("http_request_duration_seconds_count", who, count)
    if how.pool_size:
        pool = (*who, ("pool_name", how.pool_name))
        yield Sample("db_client_connections_usage", (*pool, ("state", "used")), how.pool_used)
        yield Sample("db_client_connections_usage", (*pool, ("state", "idle")), how.pool_size - how.pool_used)
        yield Sample("db_client_connections_max", pool, how.pool_size)
        yield Sample("db_client_connections_pending_requests", pool, how.pool_waiting)
        yield Sample("db_client_connections_timeouts_total", pool, totals.get("timeouts", 0.0))


def _node(play: Play, totals: Totals) -> Iterator[Sample]:
    if not play.how.memory_bytes:
        return
    who = (
        ("container", play.container),
        ("image", play.image),
        ("instance", f"{play.node}:10250"),
        ("job", "kubelet"),
        ("namespace", play.namespace),
        ("node", play.node),
        ("pod", play.pod),
    )
    yield Sample("container_cpu_usage_seconds_total", who, totals.get("cpu", 0.0))
    yield Sample("container_memory_working_set_bytes", who, play.how.memory_bytes)
    if play.memory_limit:
        yield Sample("container_spec_memory_limit_bytes", who, play.memory_limit)


def _state(play: Play) -> Iterator[Sample]:
    exporter = (("instance", "kube-state-metrics:8080"), ("job", "kube-state-metrics"))
    pod = (*exporter, ("namespace", play.namespace), ("pod", play.pod))
    container = (("container", play.container), *pod)
    yield Sample("kube_pod_info", (("created_by_name", play.owner), *pod, ("node", play.node)), 1)
    yield Sample("kube_pod_status_phase", (*pod, ("phase", play.phase)), 1)
    yield Sample("kube_pod_status_ready", (("condition", "true"), *pod), float(play.ready))
    if not play.node:
        return
    yield Sample("kube_pod_container_status_ready", container, float(play.ready))
    yield Sample("kube_pod_container_status_restarts_total", container, play.restarts)
    if play.waiting:
        yield Sample("kube_pod_container_status_waiting_reason", (*container, ("reason", play.waiting)), 1)
    if play.ended:
        yield Sample("kube_pod_container_status_last_terminated_reason", (*container, ("reason", play.ended)), 1)
    if play.memory_limit:
        limit = (*container, ("resource", "memory"), ("unit", "byte"))
        yield Sample("kube_pod_container_resource_limits", limit, play.memory_limit)


def _family(name: str) -> str:
    for histogram in HISTOGRAMS:
        if name.startswith(histogram):
            return histogram
    return name
