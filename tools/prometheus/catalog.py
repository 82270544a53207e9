"""The golden signals, and the many names they go by: data, chosen by which series exist.

Known instrumentations come first, in the order in which we trust them to speak for a service: its own, then its mesh's,
then its ingress's. After them, whatever is named like one of them, since every company has its own prefix.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

STATUS_LABELS = (
    "http_response_status_code",
    "http_status_code",
    "status_code",
    "response_code",
    "http_status",
    "statuscode",
    "code",
    "status",
    "response_status",
)
SERVER_ERROR = "5..|5xx|(?i:error|failed|failure|server_error|internal_error)"
GRPC_LABELS = ("grpc_code", "rpc_grpc_status_code", "grpc_status", "rpc_response_status_code")
GRPC_ERROR = "(?i:unknown|deadline_?exceeded|internal|unavailable|data_?loss|resource_?exhausted)|2|4|8|13|14|15"

NAMESPACE_LABELS = (
    "exported_namespace",
    "destination_workload_namespace",
    "destination_service_namespace",
    "namespace",
    "k8s_namespace_name",
    "kubernetes_namespace",
    "kube_namespace",
    "pod_namespace",
    "namespace_name",
    "service_namespace",
)
SERVICE_LABELS = (
    "exported_service",
    "destination_workload",
    "service",
    "service_name",
    "app_kubernetes_io_name",
    "app",
    "k8s_deployment_name",
    "kubernetes_name",
    "application",
    "app_name",
    "workload",
    "deployment",
    "k8s_app",
    "destination_service_name",
    "component",
    "exported_job",
    "job",
)
POD_LABELS = ("exported_pod", "pod", "k8s_pod_name", "pod_name", "kubernetes_pod_name")
CONTAINER_LABELS = ("exported_container", "container", "k8s_container_name", "container_name")


@dataclass(frozen=True, slots=True)
class Signal:
    """What is measured of containers: its name, what a person calls it, and its unit."""

    name: str
    title: str
    unit: str


CPU = Signal("cpu", "CPU", "cores")
MEMORY = Signal("memory", "memory", "bytes")
RESTARTS = Signal("restarts", "restarts", "")


@dataclass(frozen=True, slots=True)
class Requests:
    """One way of counting the requests that a service answers."""

    title: str
    count: str
    """Counter of requests."""
    bucket: str = ""
    """Histogram of their durations, "" where there is none."""
    seconds: float = 1.0
    """What one unit of the histogram is, in seconds."""
    total_seconds: str = ""
    """Counter of the time spent (`_sum`), for the mean where there is no histogram."""
    status_labels: tuple[str, ...] = STATUS_LABELS
    failed: str = SERVER_ERROR
    failures: str = ""
    """A counter of its own for failed requests, where the status is no label."""
    side: str = ""
    """A matcher that keeps the server's side, where clients are counted too."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One way of telling how much of a connection pool is taken."""

    title: str
    in_use: str
    most: str
    pending: str = ""
    used_state: str = ""
    """Matches the state label's value, where used and idle connections share a metric."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One way of measuring what a container, a pod or a process takes."""

    title: str
    metric: str
    counts: bool = False
    """Whether it is a counter, of which the rate is meant."""


CPU_USAGE = (
    Usage("containers", "container_cpu_usage_seconds_total", counts=True),
    Usage("containers", "container_cpu_time_seconds_total", counts=True),
    Usage("containers", "container_cpu_usage"),
    Usage("pods", "pod_cpu_usage_seconds_total", counts=True),
    Usage("pods", "k8s_pod_cpu_usage"),
    Usage("processes", "process_cpu_seconds_total", counts=True),
    Usage("processes", "process_cpu_time_seconds_total", counts=True),
)
MEMORY_USAGE = (
    Usage("containers", "container_memory_working_set_bytes"),
    Usage("containers", "container_memory_working_set"),
    Usage("containers", "container_memory_usage_bytes"),
    Usage("containers", "container_memory_rss"),
    Usage("pods", "pod_memory_working_set_bytes"),
    Usage("pods", "k8s_pod_memory_working_set_bytes"),
    Usage("pods", "k8s_pod_memory_working_set"),
    Usage("processes", "process_resident_memory_bytes"),
    Usage("processes", "process_memory_usage_bytes"),
)
RESTART_COUNTS = (
    Usage("containers", "kube_pod_container_status_restarts_total", counts=True),
    Usage("containers", "k8s_container_restarts", counts=True),
)
LIMITS = {
    "cpu": (
        ("kube_pod_container_resource_limits", 'resource="cpu"'),
        ("kube_pod_container_resource_limits_cpu_cores", ""),
        ("k8s_container_cpu_limit", ""),
    ),
    "memory": (
        ("kube_pod_container_resource_limits", 'resource="memory"'),
        ("kube_pod_container_resource_limits_memory_bytes", ""),
        ("k8s_container_memory_limit_bytes", ""),
        ("k8s_container_memory_limit", ""),
        ("container_spec_memory_limit_bytes", ""),
    ),
}
"""Series that tell the limit of a container, and the matcher that they need."""

STATE_LABELS = (
    "state",
    "db_client_connection_state",
    "db_client_connections_state",
    "db_client_connections_usage_state",
)
POOL_LABELS = (
    "pool_name",
    "db_client_connection_pool_name",
    "db_client_connections_pool_name",
    "pool",
    "db_name",
    "datasource",
    "name",
    "database",
    "db",
)


def _histogram(title: str, stem: str, seconds: float, count: str = "", **more: str | tuple[str, ...]) -> Requests:
    return Requests(title, count or f"{stem}_count", f"{stem}_bucket", seconds, f"{stem}_sum", **more)  # type: ignore[arg-type]


_KNOWN = (
    _histogram("OpenTelemetry HTTP server", "http_server_request_duration_seconds", 1),
    _histogram("OpenTelemetry HTTP server", "http_server_duration_milliseconds", 0.001),
    _histogram("OpenTelemetry HTTP server", "http_server_duration_seconds", 1),
    _histogram("OpenTelemetry HTTP server", "http_server_duration", 0.001),
    _histogram("HTTP requests", "http_request_duration_seconds", 1),
    _histogram("HTTP requests", "http_request_duration_milliseconds", 0.001),
    _histogram("HTTP requests", "http_request_duration_ms", 0.001),
    _histogram("Micrometer HTTP server", "http_server_requests_seconds", 1),
    _histogram("Flask", "flask_http_request_duration_seconds", 1),
    _histogram(
        "gRPC server", "grpc_server_handling_seconds", 1, "grpc_server_handled_total",
        status_labels=GRPC_LABELS, failed=GRPC_ERROR,
    ),
    _histogram(
        "OpenTelemetry RPC server", "rpc_server_duration_milliseconds", 0.001,
        status_labels=GRPC_LABELS, failed=GRPC_ERROR,
    ),
    _histogram(
        "OpenTelemetry RPC server", "rpc_server_call_duration_seconds", 1, status_labels=GRPC_LABELS, failed=GRPC_ERROR
    ),
    _histogram(
        "OpenTelemetry RPC server", "rpc_server_duration_seconds", 1, status_labels=GRPC_LABELS, failed=GRPC_ERROR
    ),
    Requests("HTTP requests", "http_requests_total"),
    Requests("HTTP requests", "http_server_requests_total"),
    Requests("Flask", "flask_http_request_total"),
    _histogram(
        "Istio", "istio_request_duration_milliseconds", 0.001, "istio_requests_total", side='reporter="destination"'
    ),
    _histogram(
        "Linkerd", "response_latency_ms", 0.001, "response_total",
        status_labels=("classification",), failed="failure", side='direction="inbound"',
    ),
    _histogram(
        "nginx ingress", "nginx_ingress_controller_request_duration_seconds", 1, "nginx_ingress_controller_requests"
    ),
    _histogram("Traefik", "traefik_service_request_duration_seconds", 1, "traefik_service_requests_total"),
)  # fmt: skip

_KNOWN_POOLS = (
    Pool("OpenTelemetry", "db_client_connections_usage", "db_client_connections_max",
         "db_client_connections_pending_requests", "used"),
    Pool("OpenTelemetry", "db_client_connection_count", "db_client_connection_max",
         "db_client_connection_pending_requests", "used"),
    Pool("HikariCP", "hikaricp_connections_active", "hikaricp_connections_max", "hikaricp_connections_pending"),
    Pool("Go database/sql", "go_sql_in_use_connections", "go_sql_max_open_connections"),
    Pool("Go database/sql", "go_sql_stats_connections_in_use", "go_sql_stats_connections_max_open"),
)  # fmt: skip

_NOT_AN_APPLICATION = re.compile(
    r"(?:apiserver|etcd|rest_client|kubelet|kube|kubernetes|prometheus|promhttp|alertmanager|grafana|loki|thanos|cortex|mimir"
    r"|coredns|workqueue|scheduler|controller_runtime|node|aggregator|authentication|authorization|storage|cloudprovider"
    r"|container|machine|process|csi|argocd|cilium|felix|kubeproxy|admission|certmanager|net_conntrack|otelcol|fluentbit"
    r"|jaeger|tempo|hilda|cadvisor|go|envoy|pilot|istio|istiod|linkerd|traefik|nginx_ingress|nginx|coredns)_.*"
)
_A_CLIENT = re.compile(
    r"(?:.*_)?(?:clients?|outbound|upstream|downstream|external|outgoing|egress|db|sql|query|cache|redis)(?:_.*)?"
)
_DURATION = re.compile(
    r"(?:.*_)?(?:(?:requests?|https?|grpc|rpc|api|handlers?|endpoints?|responses?|routes?|calls?|server|web|view|method)"
    r"(?:_.*)?_(?:duration|latency|latencies|time|handling|elapsed|processing)(?:_.*)?|requests?|latency|duration)"
    r"(?P<unit>_seconds|_milliseconds|_millis|_ms|_microseconds|_us)_bucket"
)
_COUNTER = re.compile(r"(?:.*_)?(?:requests?|responses?|calls|handled|transactions|invocations)(?:_.*)?_total")
_FAILURES = re.compile(r"(?:.*_)?(?:errors?|failures?|failed|exceptions?)(?:_.*)?_total")
_UNITS = {"_seconds": 1.0, "_milliseconds": 1e-3, "_millis": 1e-3, "_ms": 1e-3, "_microseconds": 1e-6, "_us": 1e-6}


def requests(names: Collection[str]) -> tuple[Requests, ...]:
    """Every way of counting requests that `names` offer, best first."""
    found = [known for known in _KNOWN if known.count in names or known.bucket in names]
    taken = {name for known in _KNOWN for name in (known.count, known.bucket)}
    own = sorted(name for name in names if name not in taken and ":" not in name and _is_of_an_application(name))
    found += [
        _histogram("requests", name.removesuffix("_bucket"), _UNITS[match["unit"]])
        for name in own
        if (match := _DURATION.fullmatch(name))
    ]
    found += [
        Requests("requests", name, failures=_failures_beside(name, names))
        for name in own
        if _COUNTER.fullmatch(name) and not _FAILURES.fullmatch(name)
    ]
    return tuple(_with_existing(one, names) for one in found)


def pools(names: Collection[str]) -> tuple[Pool, ...]:
    """Every kind of connection pool that `names` tell about; those we do not know by the words in their names."""
    found = [known for known in _KNOWN_POOLS if known.in_use in names and known.most in names]
    taken = {name for known in found for name in (known.in_use, known.most, known.pending)}
    roles: dict[str, dict[frozenset[str], str]] = {"in_use": {}, "most": {}, "pending": {}}
    for name in sorted(set(names) - taken):
        if not re.search(r"pool|conn|dbstats", name) or _NOT_A_POOL.fullmatch(name):
            continue
        for role, words in _POOL_WORDS.items():
            if match := words.search(name):
                roles[role].setdefault(_stem(name[: match.start()] + name[match.end() :]), name)
    for stem, in_use in roles["in_use"].items():
        if stem in roles["most"]:
            found.append(Pool(" ".join(sorted(stem)), in_use, roles["most"][stem], roles["pending"].get(stem, "")))
    return tuple(Pool(p.title, p.in_use, p.most, p.pending if p.pending in names else "", p.used_state) for p in found)


_POOL_WORDS = {
    role: re.compile(rf"_(?:{words})(?=_|$)")
    for role, words in {
        "pending": "pending|waiting|waiters|queued|wait_queue|awaiting|pending_acquires?|waiting_threads",
        "most": "max_open|max_size|size_max|max_allocated|maxsize|max|maximum|limit|capacity|pool_size",
        "in_use": "in_use|inuse|active|used|busy|acquired|checked_out|checkedout|borrowed|leased",
    }.items()
}
"""What a gauge of a pool counts, by the words in its name; equal rests say that two gauges belong together."""
_NOT_A_POOL = re.compile(
    r"(?:node|apiserver|kube|etcd|process|net_conntrack|container|prometheus|go_memstats|jvm|nf_conntrack|coredns)_.*"
    r"|.*(?:_total|_bucket|_count|_sum|_seconds|_milliseconds|_ms|_bytes|_created|memory|lifetime|idle_time).*"
)
_FILLER = frozenset(
    {"connections", "connection", "conns", "conn", "open", "requests", "threads", "size", "current", "count", "max"}
)


def _stem(rest: str) -> frozenset[str]:
    return frozenset(rest.split("_")) - _FILLER - {""}


def _is_of_an_application(name: str) -> bool:
    return not _NOT_AN_APPLICATION.fullmatch(name) and not _A_CLIENT.fullmatch(name)


def _failures_beside(counter: str, names: Collection[str]) -> str:
    """A counter of failures that belongs to `counter`: the same name but for the word that says what is counted."""
    return next((name for name in _failure_names(counter) if name in names), "")


def _failure_names(counter: str) -> Iterator[str]:
    stem = counter.removesuffix("_total")
    for word in ("errors", "failures", "failed", "error", "failure"):
        yield f"{stem}_{word}_total"
        for plural in ("requests", "request", "responses", "calls", "transactions"):
            if plural in stem:
                yield f"{stem.replace(plural, word)}_total"
                yield f"{stem.replace(plural, plural.removesuffix('s') + '_' + word)}_total"
                yield f"{stem.replace(plural, word + '_' + plural)}_total"


def _with_existing(one: Requests, names: Collection[str]) -> Requests:
    """Only the parts of it that exist: the counter may have a better name than the histogram, or be missing."""
    count = one.count if one.count in names else one.bucket.removesuffix("_bucket") + "_count"
    return Requests(
        one.title,
        count,
        one.bucket if one.bucket in names else "",
        one.seconds,
        one.total_seconds if one.total_seconds in names else "",
        one.status_labels,
        one.failed,
        one.failures,
        one.side,
    )
