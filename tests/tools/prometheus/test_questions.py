"""Plain questions about metrics, answered from a real Prometheus."""

from collections.abc import Callable

import pytest

from domain.errors import ToolFailed
from domain.look import Look
from tests.tools.prometheus.worlds import Served, World, raised, steady
from tools.prometheus.connection import connect
from tools.prometheus.questions import answer_metric_question

pytestmark = pytest.mark.prometheus
Serving = Callable[..., Served]


def busy_pods() -> World:
    """Two workloads with known use of CPU and memory, one of them with a sidecar, and requests."""
    world = World(seed=11, hours=1.5)
    for service, cores, memory in (("router", 0.2, 64e6), ("ranker", 0.05, 300e6)):
        for pod in world.pods(service):
            for container in (service, "proxy") if service == "router" else (service,):
                labels = {"namespace": "search", "pod": pod, "container": container}
                world.counter("container_cpu_usage_seconds_total", labels, steady(cores))
                world.gauge("container_memory_working_set_bytes", labels, steady(memory))
            # cAdvisor also reports the pod as a whole, and the pause container.
            for container in ("", "POD"):
                world.counter("container_cpu_usage_seconds_total",
                              {"namespace": "search", "pod": pod, "container": container}, steady(9))  # fmt: skip
            who = {"namespace": "search", "service": service, "pod": pod}
            world.counter("http_requests_total", {**who, "code": "200"}, steady(5))
            world.counter("http_requests_total", {**who, "code": "500"}, steady(0.5))
            failing = raised(0, 1 / 60, since=-5, until=-2) if service == "ranker" else steady(0)
            own = {**who, "container": service}
            world.counter("kube_pod_container_status_restarts_total", own, failing, noise=0)
    return world


async def answered(served: Served, look: Look, what: str, **more: object):  # type: ignore[no-untyped-def]
    source = connect(served.url, seconds=10)
    try:
        return await answer_metric_question(source, look, what, ["search"], **more)  # type: ignore[arg-type]
    finally:
        await source.close()


async def test_cpu_of_all_services_is_a_table_a_chart_and_evidence(prometheus_over: Serving, look: Look) -> None:
    """Cores summed over pods and containers, the busiest first, with the PromQL to check it."""
    served = prometheus_over("busy", busy_pods)

    table, chart, (evidence,) = await answered(served, look, "cpu")

    assert table.columns == ("Service", "Now", "Average", "Peak")
    assert [row[0] for row in table.rows] == ["router", "ranker"]
    router, ranker = (float(row[2].removesuffix(" cores")) for row in table.rows)
    assert router == pytest.approx(0.8, rel=0.1)
    assert ranker == pytest.approx(0.1, rel=0.1)
    assert chart.unit == "cores"
    assert [series.label for series in chart.series] == ["router", "ranker"]
    assert 50 <= len(chart.series[0].points) <= 62
    source = connect(served.url)
    assert len(await source.instant(evidence.check, look.now)) == 2
    await source.close()


async def test_memory_is_said_in_mebibytes(prometheus_over: Serving, look: Look) -> None:
    """Bytes become MiB, highest first."""
    table, _, _ = await answered(prometheus_over("busy", busy_pods), look, "memory")

    assert [row[0] for row in table.rows] == ["ranker", "router"]
    assert table.rows[0][1].endswith("MiB")


async def test_errors_traffic_and_restarts_have_answers(prometheus_over: Serving, look: Look) -> None:
    """Every kind of question finds its series."""
    served = prometheus_over("busy", busy_pods)

    errors, _, _ = await answered(served, look, "errors")
    traffic, _, _ = await answered(served, look, "traffic")
    restarts, _, _ = await answered(served, look, "restarts")

    assert errors.rows[0][1].endswith(" %")
    assert float(errors.rows[0][2].removesuffix(" %")) == pytest.approx(9.1, abs=0.5)
    assert traffic.rows[0][1].endswith("/s")
    assert restarts.columns == ("Service", "In all", "Most at once")
    assert restarts.rows[0][0] == "ranker"
    assert int(restarts.rows[0][1]) >= 4
    assert restarts.rows[1][1] == "0"


async def test_one_service_is_its_own_row(prometheus_over: Serving, look: Look) -> None:
    """Only who was asked about, with PromQL for just that service."""
    table, chart, (evidence,) = await answered(prometheus_over("busy", busy_pods), look, "traffic", service="Ranker")

    assert [row[0] for row in table.rows] == ["ranker"]
    assert len(chart.series) == 1
    assert 'service="ranker"' in evidence.check


async def test_a_misspelt_service_is_met_with_what_there_is(prometheus_over: Serving, look: Look) -> None:
    """Did you mean: from the services that have series."""
    with pytest.raises(ToolFailed, match="Did you mean ranker"):
        await answered(prometheus_over("busy", busy_pods), look, "cpu", service="rankr")


async def test_a_name_that_is_syntax_reaches_no_query(prometheus_over: Serving, look: Look) -> None:
    """What was typed is compared with what was observed, and shown without control characters."""
    with pytest.raises(ToolFailed, match="It has: ranker, router") as failed:
        await answered(prometheus_over("busy", busy_pods), look, "cpu", service='x"} or up{a="\x1b[1m')

    assert "\x1b" not in str(failed.value)


async def test_no_such_series_says_what_would_be_needed(prometheus_over: Serving, look: Look) -> None:
    """Latency without a histogram: which series are missing, and where was looked."""
    with pytest.raises(ToolFailed, match=r"no series for Latency.*search.*histogram of request durations"):
        await answered(prometheus_over("busy", busy_pods), look, "latency")
