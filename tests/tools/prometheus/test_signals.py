"""What the golden signals say about services, on a real Prometheus with series from a seed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.look import Look
from tests.tools.prometheus.worlds import NOW, Served, World, raised, steady
from tools.prometheus.explanation import explains
from tools.prometheus.signals import Signals, read_signals
from tools.prometheus.source import connect

pytestmark = pytest.mark.prometheus
Serving = Callable[..., Served]

SPACE = "shop-kx"


def pool_incident() -> World:
    """Three services; the pool of one was cut down 25 minutes ago, and it has been slow since."""
    world = World(seed=7)
    for service in ("checkout", "cart", "catalog"):
        slow = service == "checkout"
        for pod in world.pods(service):
            labels = {"namespace": SPACE, "service": service, "pod": pod}
            typical = raised(0.06, 0.6, since=-25) if slow else steady(0.05)
            world.histogram("http_request_duration_seconds", labels, steady(8.0), typical,
                            statuses={"200": steady(0.998), "500": steady(0.002)})  # fmt: skip
            most = raised(50, 5, since=-25) if slow else steady(50)
            used = raised(12, 5, since=-25) if slow else steady(10)
            pending = raised(0, 14, since=-25) if slow else steady(0)
            pool = {**labels, "pool_name": "orders"}
            world.gauge("db_client_connections_usage", {**pool, "state": "used"}, used, noise=0.0)
            world.gauge("db_client_connections_usage", {**pool, "state": "idle"}, steady(3), noise=0.0)
            world.gauge("db_client_connections_max", pool, most, noise=0.0)
            world.gauge("db_client_connections_pending_requests", pool, pending, noise=0.1, whole=True)
    return world


async def read(served: Served, look: Look, **more: object) -> Signals:
    source = connect(served.url, seconds=10)
    try:
        return await read_signals(source, look, namespaces=[SPACE], **more)  # type: ignore[arg-type]
    finally:
        await source.close()


async def test_an_exhausted_pool_is_found_with_the_latency_it_causes(prometheus_over: Serving, look: Look) -> None:
    """The pool and the latency of one service are findings, with their start; the pool explains the latency."""
    served = prometheus_over("pool", pool_incident)

    signals = await read(served, look)

    by_code = {finding.code: finding for finding in signals.findings}
    assert set(by_code) == {"pool-exhausted", "latency-high"}
    pool, latency = by_code["pool-exhausted"], by_code["latency-high"]
    assert (pool.object.kind, pool.object.namespace, pool.object.name) == ("Deployment", SPACE, "checkout")
    assert latency.object == pool.object
    for finding in (pool, latency):
        assert finding.since is not None
        assert abs(finding.since - (NOW - timedelta(minutes=25))) <= timedelta(minutes=2)
    assert pool.facts["pool_max"] == "5"
    assert pool.facts["previous_pool_max"] == "50"
    assert float(pool.facts["pending"]) >= 10
    assert float(latency.facts["to"]) > 3 * float(latency.facts["from"])
    assert explains(pool, latency)
    assert not explains(latency, pool)
