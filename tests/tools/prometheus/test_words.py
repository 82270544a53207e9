"""Names and numbers: which metrics mean what, who a pod belongs to, how PromQL and values are written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cluster_state import ClusterState
from domain.plain_json import Json
from tests.tools.prometheus.worlds import NOW
from tools.prometheus import catalog
from tools.prometheus.identity import POD_NAME, Workloads, workload_of_pod
from tools.prometheus.promql import one_of, quoted, selector
from tools.prometheus.quantities import quantity
from tools.prometheus.units import difference, humanised


@pytest.mark.parametrize(
    ("pod", "kind", "workload"),
    [
        ("checkout-7d4b9c6f58-x2x7k", "Deployment", "checkout"),
        ("payments-v2-6f7d8c9b5d-zz2xk", "Deployment", "payments-v2"),
        ("postgres-0", "StatefulSet", "postgres"),
        ("db-main-12", "StatefulSet", "db-main"),
        ("node-exporter-x7k2p", "DaemonSet", "node-exporter"),
        ("checkout-frontend-x7k2p", "DaemonSet", "checkout-frontend"),
        ("web-cache", "Pod", "web-cache"),
        ("api", "Pod", "api"),
    ],
)
def test_a_pod_name_tells_its_workload(pod: str, kind: str, workload: str) -> None:
    """The random parts that controllers add are taken away, and only those."""
    assert workload_of_pod(pod) == (kind, workload)


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True))
def test_every_pod_name_has_a_workload(pod: str) -> None:
    """No pod is lost for its name, and the workload's name is the beginning of the pod's."""
    _, workload = workload_of_pod(pod)

    assert workload
    assert pod.startswith(workload)
    assert re.fullmatch(POD_NAME, pod)


def _owned(kind: str, name: str, **labels: str) -> Json:
    return {"metadata": {"ownerReferences": [{"kind": kind, "name": name, "controller": True}], "labels": labels}}


def state(**objects: list[Json]) -> ClusterState:
    return ClusterState("uid-1", "ctx", NOW, {kind: tuple(items) for kind, items in objects.items()}, {})


def named(namespace: str, name: str, item: Json | None = None) -> Json:
    item = item or {}
    return {**item, "metadata": {**item.get("metadata", {}), "namespace": namespace, "name": name}}


def test_the_cluster_knows_better_than_names() -> None:
    """Owners and Service selectors decide where the cluster's state is at hand."""
    workloads = Workloads(
        state(
            Deployment=[named("shop", "checkout-web")],
            ReplicaSet=[named("shop", "checkout-web-abc", _owned("Deployment", "checkout-web"))],
            Pod=[named("shop", "odd-name", _owned("ReplicaSet", "checkout-web-abc", app="checkout"))],
            Service=[named("shop", "checkout", {"spec": {"selector": {"app": "checkout"}}})],
        )
    )

    by_pod = workloads.subject("shop", "front", "app", ["odd-name"])
    by_service = workloads.subject("shop", "checkout", "service")
    by_name = workloads.subject("shop", "shop/checkout-web", "job")
    unknown = workloads.subject("shop", "somebody", "service")

    assert (by_pod.kind, by_pod.workload) == ("Deployment", "checkout-web")
    assert (by_service.kind, by_service.workload) == ("Deployment", "checkout-web")
    assert (by_name.kind, by_name.workload, by_name.service) == ("Deployment", "checkout-web", "checkout-web")
    assert (unknown.kind, unknown.workload) == ("Service", "somebody")
    assert by_pod.ref(workloads.cluster).cluster == "uid-1"


@pytest.mark.parametrize(
    ("names", "in_use", "most", "pending"),
    [
        ("hikaricp_connections_active hikaricp_connections_max hikaricp_connections_pending",
         "hikaricp_connections_active", "hikaricp_connections_max", "hikaricp_connections_pending"),
        ("r2dbc_pool_acquired_connections r2dbc_pool_max_allocated_connections r2dbc_pool_pending_connections",
         "r2dbc_pool_acquired_connections", "r2dbc_pool_max_allocated_connections", "r2dbc_pool_pending_connections"),
        ("gorm_dbstats_in_use gorm_dbstats_max_open_connections",
         "gorm_dbstats_in_use", "gorm_dbstats_max_open_connections", ""),
        ("acme_db_pool_busy acme_db_pool_capacity acme_db_pool_waiters",
         "acme_db_pool_busy", "acme_db_pool_capacity", "acme_db_pool_waiters"),
        ("jdbc_connections_active jdbc_connections_max", "jdbc_connections_active", "jdbc_connections_max", ""),
        ("db_client_connection_count db_client_connection_max",
         "db_client_connection_count", "db_client_connection_max", ""),
    ],
)  # fmt: skip
def test_pools_are_known_by_the_words_in_their_names(names: str, in_use: str, most: str, pending: str) -> None:
    """In use, at most, waiting: known libraries and everybody's own."""
    (pool,) = catalog.pools(set(names.split()))

    assert (pool.in_use, pool.most, pool.pending) == (in_use, most, pending)


@pytest.mark.parametrize(
    "names",
    [
        "node_nf_conntrack_entries node_nf_conntrack_entries_limit",
        "go_sql_wait_count_total pool_max",
        "process_max_fds process_open_fds",
        "jvm_memory_pool_max_bytes jvm_memory_pool_used_bytes",
        "acme_pool_busy other_pool_capacity",
    ],
)
def test_what_is_no_connection_pool_is_not_taken_for_one(names: str) -> None:
    """Words alone do not make a pool."""
    assert catalog.pools(set(names.split())) == ()


def test_everybodys_own_names_of_requests_are_understood() -> None:
    """Histograms with any prefix and unit, counters with failures beside them; servers only, applications only."""
    ways = catalog.requests(
        {
            "acme_api_request_latency_milliseconds_bucket",
            "acme_api_request_latency_milliseconds_count",
            "acme_requests_total",
            "acme_request_errors_total",
            "apiserver_request_duration_seconds_bucket",
            "http_client_request_duration_seconds_bucket",
            "http_client_requests_total",
            "prometheus_http_requests_total",
            "job:http_requests_total:rate5m",
        }
    )

    assert {(way.bucket, way.count, way.seconds, way.failures) for way in ways} == {
        (
            "acme_api_request_latency_milliseconds_bucket",
            "acme_api_request_latency_milliseconds_count",
            0.001,
            "",
        ),
        ("", "acme_requests_total", 1.0, "acme_request_errors_total"),
    }


def test_the_services_own_metrics_come_before_the_mesh() -> None:
    """Known instrumentations are in the order of trust, whatever order names come in."""
    ways = catalog.requests(
        {"istio_requests_total", "http_requests_total", "http_server_request_duration_seconds_bucket"}
    )

    assert [way.title for way in ways] == ["OpenTelemetry HTTP server", "HTTP requests", "Istio"]


@given(st.text(max_size=40))
def test_a_value_stays_a_value_in_promql(value: str) -> None:
    """Whatever a label holds, it cannot end its quotes: every quote inside is escaped, no line is broken."""
    written = quoted(value)

    inside = written[1:-1].replace("\\\\", "")
    assert written[0] == written[-1] == '"'
    assert '"' not in inside.replace('\\"', "")
    assert "\n" not in written


def test_matchers_of_several_values_are_literal() -> None:
    """Dots and stars in names match themselves."""
    assert one_of("namespace", ["a.b", "c*"]) == 'namespace=~"a\\\\.b|c\\\\*"'
    assert selector("up", one_of("job", ["x"]), "") == 'up{job="x"}'
    with pytest.raises(ValueError, match="not a name"):
        selector('up{a="b"} or secrets')


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.45, "s", "450 ms"),
        (1.234, "s", "1.23 s"),
        (0.00004, "s", "40 µs"),
        (600, "s", "10 min"),
        (0.35, "cores", "0.35 cores"),
        (268435456, "bytes", "256 MiB"),
        (1536, "bytes", "1.5 KiB"),
        (3.44, "%", "3.44 %"),
        (1234.5, "1/s", "1,234/s"),
        (0, "bytes", "0 B"),
        (float("nan"), "s", "no number"),
    ],
)
def test_numbers_are_said_the_way_people_say_them(value: float, unit: str, said: str) -> None:
    """Digits that help, units that fit."""
    assert humanised(value, unit) == said


def test_differences_carry_their_sign() -> None:
    """+450 ms, as people write it."""
    assert difference(0.1, 0.55, "s") == "+450 ms"
    assert difference(30, 10, "%") == "−20 points"


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", 0.25), ("2", 2), ("256Mi", 2**28), ("1.5Gi", 1.5 * 2**30), ("1e3", 1000), ("128k", 128_000)],
)
def test_quantities_are_numbers(text: str, number: float) -> None:
    """As Kubernetes writes them."""
    assert quantity(text) == pytest.approx(number)


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_none(text: str) -> None:
    """Odd text is no quantity, and no error."""
    found = quantity(text)

    assert found is None or isinstance(found, float)
