"""The same two faults in clusters that name and label their metrics differently."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.tools.prometheus.worlds import World, raised, steady

SINCE = -30
SPACE = "market"
SICK, WELL = "orders", "users"


@dataclass(frozen=True)
class Expected:
    codes: frozenset[str]
    workload: str = SICK


def _latency(service: str, low: float = 0.05, high: float = 0.5):  # type: ignore[no-untyped-def]
    return raised(low, high, since=SINCE) if service == SICK else steady(low)


def _share(service: str):  # type: ignore[no-untyped-def]
    return raised(0.001, 0.2, since=SINCE) if service == SICK else steady(0.001)


def opentelemetry() -> World:
    world = World(21)
    for service in (SICK, WELL):
        for pod in world.pods(service):
            labels = {"job": f"{SPACE}/{service}", "instance": f"{pod}:1", "k8s_namespace_name": SPACE,
                      "k8s_pod_name": pod, "service_name": service}  # fmt: skip
            world.histogram("http_server_request_duration_seconds", labels, steady(8), _latency(service),
                            statuses={"200": steady(0.99), "503": _share(service)},
                            status_label="http_response_status_code")  # fmt: skip
    return world


def istio() -> World:
    world = World(22)
    for service in (SICK, WELL):
        for reporter in ("source", "destination"):
            labels = {
                "reporter": reporter,
                "source_workload": "front",
                "destination_workload": service,
                "destination_workload_namespace": SPACE,
                "destination_service_name": f"{service}-svc",
            }
            # What callers measured says nothing about which service is slow: it must not be read.
            slow = _latency(service) if reporter == "destination" else steady(0.05)
            world.histogram("istio_request_duration_milliseconds", labels, steady(8), slow, scale=1000)
            failed = raised(0.01, 2, since=SINCE) if service == SICK else steady(0.01)
            world.counter("istio_requests_total", {**labels, "response_code": "200"}, steady(8))
            world.counter("istio_requests_total", {**labels, "response_code": "500"}, failed)
    return world


def pods_only() -> World:
    """Scraped by annotation: one job for everything, only the pod tells services apart; a Hikari pool."""
    world = World(23)
    for service in (SICK, WELL):
        for pod in world.pods(service, 3):
            labels = {"job": "kubernetes-pods", "kubernetes_namespace": SPACE, "kubernetes_pod_name": pod}
            world.histogram("http_server_requests_seconds", labels, steady(8), _latency(service),
                            statuses={"200": steady(0.99), "500": steady(0.001)}, status_label="status")  # fmt: skip
            pool = {**labels, "pool": "HikariPool-1"}
            busy = raised(3, 10, since=SINCE) if service == SICK else steady(3)
            waiting = raised(0, 20, since=SINCE) if service == SICK else steady(0)
            world.gauge("hikaricp_connections_active", pool, busy, noise=0)
            world.gauge("hikaricp_connections_max", pool, steady(10), noise=0)
            world.gauge("hikaricp_connections_pending", pool, waiting, noise=0)
    return world


def grpc() -> World:
    world = World(24)
    for service in (SICK, WELL):
        for pod in world.pods(service):
            labels = {"namespace": SPACE, "app": service, "pod": pod}
            world.histogram("grpc_server_handling_seconds", labels, steady(20), _latency(service, 0.01, 0.2))
            failed = raised(0.01, 4, since=SINCE) if service == SICK else steady(0.01)
            for code, rate in (("OK", steady(20)), ("NotFound", steady(2)), ("Unavailable", failed)):
                world.counter("grpc_server_handled_total", {**labels, "grpc_code": code}, rate)
    return world


def everybodys_own() -> World:
    world = World(25)
    for service in (SICK, WELL):
        for pod in world.pods(service):
            labels = {"kube_namespace": SPACE, "app_kubernetes_io_name": service, "pod_name": pod}
            world.histogram("acme_api_latency_milliseconds", labels, steady(20), _latency(service), scale=1000)
            world.counter("acme_requests_total", labels, steady(20))
            world.counter(
                "acme_request_errors_total", labels, raised(0.02, 5, since=SINCE) if service == SICK else steady(0.02)
            )
            world.gauge(
                "acme_db_pool_busy", labels, raised(4, 20, since=SINCE) if service == SICK else steady(3), noise=0
            )
            world.gauge("acme_db_pool_capacity", labels, steady(20), noise=0)
    return world


def ingress(place: str = "ingress", services: tuple[str, ...] = (SICK, WELL)) -> World:
    """Measured in front of the services, by a pod in `place`, which is none of them."""
    world = World(26)
    for service in services:
        labels = {"exported_namespace": SPACE, "namespace": place, "exported_service": service, "ingress": service,
                  "pod": "ingress-controller-7d4b9c6f58-x2x7k"}  # fmt: skip
        world.histogram("nginx_ingress_controller_request_duration_seconds", labels, steady(20), _latency(service))
        failed = raised(0.01, 5, since=SINCE) if service == SICK else steady(0.01)
        world.counter("nginx_ingress_controller_requests", {**labels, "status": "200"}, steady(20))
        world.counter("nginx_ingress_controller_requests", {**labels, "status": "502"}, failed)
    return world


def summaries() -> World:
    """No histogram at all: only the time spent and the number of requests."""
    world = World(27)
    for service in (SICK, WELL):
        for pod in world.pods(service):
            labels = {"namespace": SPACE, "service": service, "pod": pod}
            spent = raised(0.4, 4, since=SINCE) if service == SICK else steady(0.4)
            world.counter("http_request_duration_seconds_count", {**labels, "code": "200"}, steady(8))
            world.counter("http_request_duration_seconds_sum", {**labels, "code": "200"}, spent)
    return world


def containers() -> World:
    """cAdvisor and kube-state-metrics, as an operator scrapes them: the service label is the scraper's."""
    world = World(28)
    for service in (SICK, WELL):
        for pod in world.pods(service, 3):
            for container in (service, "sidecar"):
                own = {"namespace": SPACE, "pod": pod, "container": container, "service": "kubelet", "job": "kubelet"}
                sick = service == SICK and container == SICK
                world.counter(
                    "container_cpu_usage_seconds_total", own, raised(0.2, 0.49, since=SINCE) if sick else steady(0.05)
                )
                world.gauge(
                    "container_memory_working_set_bytes",
                    own,
                    raised(1e8, 2.55e8, since=SINCE) if sick else steady(1e8),
                    noise=0.01,
                )
                limit = {"exported_namespace": SPACE, "namespace": "monitoring", "exported_pod": pod,
                         "pod": "ksm-7d4b9c6f58-x2x7k", "exported_container": container, "service": "ksm"}  # fmt: skip
                world.gauge("kube_pod_container_resource_limits", {**limit, "resource": "cpu"}, steady(0.5), noise=0)
                world.gauge(
                    "kube_pod_container_resource_limits", {**limit, "resource": "memory"}, steady(2**28), noise=0
                )
    return world


CONVENTIONS: dict[str, tuple[Callable[[], World], Expected]] = {
    "opentelemetry": (opentelemetry, Expected(frozenset({"latency-high", "errors-high"}))),
    "istio": (istio, Expected(frozenset({"latency-high", "errors-high"}))),
    "pods-only": (pods_only, Expected(frozenset({"latency-high", "pool-exhausted"}))),
    "grpc": (grpc, Expected(frozenset({"latency-high", "errors-high"}))),
    "everybodys-own": (everybodys_own, Expected(frozenset({"latency-high", "errors-high", "pool-exhausted"}))),
    "ingress": (ingress, Expected(frozenset({"latency-high", "errors-high"}))),
    "ingress-beside": (lambda: ingress(SPACE), Expected(frozenset({"latency-high", "errors-high"}))),
    "ingress-of-one": (lambda: ingress(services=(SICK,)), Expected(frozenset({"latency-high", "errors-high"}))),
    "summaries": (summaries, Expected(frozenset({"latency-high"}))),
    "containers": (containers, Expected(frozenset({"cpu-saturated", "memory-near-limit"}))),
}
