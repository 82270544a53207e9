"""What the golden signals say about services, on a real Prometheus with series from a seed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.findings import Severity
from domain.look import Budget, Look, Window
from tests.tools.prometheus import conventions
from tests.tools.prometheus.conventions import CONVENTIONS
from tests.tools.prometheus.worlds import NOW, Served, World, ordinary_day, raised, steady
from tools.prometheus.connection import connect
from tools.prometheus.explanation import explains
from tools.prometheus.signals import Signals, read_signals

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


async def read(served: Served, look: Look, spaces: list[str] | None = [SPACE]) -> Signals:  # noqa: B006 (only read)
    source = connect(served.url, seconds=10)
    try:
        return await read_signals(source, look, namespaces=spaces)
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


@pytest.mark.parametrize("name", CONVENTIONS)
async def test_the_same_faults_are_found_whatever_the_metrics_are_called(
    name: str, prometheus_over: Serving, look: Look
) -> None:
    """Each convention tells what is wrong, with whom, and since when; its healthy service is left alone."""
    make, expected = CONVENTIONS[name]
    served = prometheus_over(name, make)

    signals = await read(served, look, spaces=[conventions.SPACE])

    assert {finding.code for finding in signals.findings} == expected.codes
    for finding in signals.findings:
        assert finding.object.name == expected.workload, finding.title
        assert finding.object.namespace == conventions.SPACE
        assert finding.since is not None
        assert abs(finding.since - (NOW + timedelta(minutes=conventions.SINCE))) <= timedelta(minutes=3)
        assert len(finding.evidence) == 1


async def test_every_evidence_can_be_checked_by_hand(prometheus_over: Serving, look: Look) -> None:
    """The PromQL beside each piece of evidence runs as it stands, and shows something."""
    source = connect(prometheus_over("pool", pool_incident).url)
    signals = await read_signals(source, look, namespaces=[SPACE])

    answers = [await source.instant(evidence.check, NOW) for evidence in signals.evidence]
    await source.close()

    assert len(signals.evidence) >= 6
    assert all(answers)
    assert len({evidence.id for evidence in signals.evidence}) == len(signals.evidence)


async def test_charts_mark_the_change(prometheus_over: Serving, look: Look) -> None:
    """A chart per finding, with the moment worth a line."""
    signals = await read(prometheus_over("pool", pool_incident), look)

    assert [chart.mark for chart in signals.charts] == [finding.since for finding in signals.findings]
    assert all(len(chart.series[0].points) > 100 for chart in signals.charts)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
async def test_an_ordinary_day_has_no_findings(seed: int, prometheus_over: Serving, look: Look) -> None:
    """Waves, spikes, rare errors, a rollout, garbage collection: nothing to say, at any hour; everything looked at."""
    served = prometheus_over(f"day-{seed}", lambda: ordinary_day(seed, SPACE, services=3))

    looks = [await read(served, replace(look, now=NOW - timedelta(hours=hours))) for hours in (0, 3, 6, 9)]

    assert [finding.title for signals in looks for finding in signals.findings] == []
    assert all(len(signals.evidence) >= 6 for signals in looks)


def recovered() -> World:
    """Four minutes of a full pool half an hour ago; all is well again."""
    world = World(seed=9)
    for pod in world.pods("gateway"):
        labels = {"namespace": SPACE, "service": "gateway", "pod": pod}
        world.histogram("http_request_duration_seconds", labels, steady(8.0), raised(0.08, 0.5, since=-30, until=-26))
        pool = {**labels, "pool_name": "main"}
        used = raised(20, 50, since=-30, until=-26)
        world.gauge("db_client_connections_usage", {**pool, "state": "used"}, used, noise=0.0)
        world.gauge("db_client_connections_max", pool, steady(50), noise=0.0)
        waiting = raised(0, 30, since=-30, until=-26)
        world.gauge("db_client_connections_pending_requests", pool, waiting, noise=0.0)
    return world


async def test_a_past_window_is_answered_with_when_it_was_over(prometheus_over: Serving, look: Look) -> None:
    """ "Why did latency spike at 2 PM?": the pool, from 2:00 to 2:04 PM, and that it is over."""
    two_pm = NOW - timedelta(minutes=30)
    served = prometheus_over("recovered", recovered)

    signals = await read(served, replace(look, window=Window(two_pm, two_pm)))

    assert [finding.code for finding in signals.findings] == ["pool-exhausted", "latency-high"]
    for finding in signals.findings:
        assert finding.severity is Severity.info
        assert finding.since is not None
        assert abs(finding.since - two_pm) <= timedelta(minutes=1)
        over = datetime.fromisoformat(finding.facts["recovered_at"])
        assert abs(over - two_pm - timedelta(minutes=4)) <= timedelta(minutes=1.5)
    assert explains(*signals.findings)


async def test_another_window_is_silent_about_it(prometheus_over: Serving, look: Look) -> None:
    """An hour before, nothing was wrong; and that is the answer."""
    before = NOW - timedelta(minutes=90)

    signals = await read(prometheus_over("recovered", recovered), replace(look, window=Window(before, before)))

    assert signals.findings == ()
    assert signals.evidence


async def test_what_is_over_is_told_as_over(prometheus_over: Serving, look: Look) -> None:
    """Asked about now: it happened, it is over, and is no more than information."""
    signals = await read(prometheus_over("recovered", recovered), look)

    assert {finding.severity for finding in signals.findings} == {Severity.info}
    assert all("recovered_at" in finding.facts for finding in signals.findings)


def since_the_morning() -> World:
    """Slow and failing for seven hours: the usual look back sees no change at all."""
    world = World(seed=13, hours=20, scrape=60)
    for service in ("search", "index"):
        labels = {"namespace": SPACE, "service": service, "pod": world.pods(service, 1)[0]}
        bad = service == "search"
        slow = raised(0.05, 0.8, since=-420) if bad else steady(0.05)
        failing = raised(0.001, 0.1, since=-420) if bad else steady(0.001)
        statuses = {"200": steady(0.9), "500": failing}
        world.histogram("http_request_duration_seconds", labels, steady(9.0), slow, statuses=statuses)
    return world


async def test_what_began_hours_ago_is_found_with_its_start(prometheus_over: Serving, look: Look) -> None:
    """A day is read coarsely beside the usual look back, and says since when."""
    signals = await read(prometheus_over("morning", since_the_morning), look)

    assert {finding.code for finding in signals.findings} == {"latency-high", "errors-high"}
    for finding in signals.findings:
        assert finding.facts["service"] == "search"
        assert finding.since is not None
        assert abs(finding.since - (NOW - timedelta(minutes=420))) <= timedelta(minutes=25)


async def test_other_namespaces_stay_out(prometheus_over: Serving, look: Look) -> None:
    """Only what was asked for is read; where there is nothing, that is said."""
    signals = await read(prometheus_over("pool", pool_incident), look, spaces=["elsewhere"])

    assert signals.findings == ()
    assert signals.readings == ()
    assert any("elsewhere" in note for note in signals.notes)


async def test_all_namespaces_are_read_when_none_is_named(prometheus_over: Serving, look: Look) -> None:
    """None means all that there are."""
    signals = await read(prometheus_over("pool", pool_incident), look, spaces=None)

    assert {finding.object.namespace for finding in signals.findings} == {SPACE}


async def test_a_budget_is_kept_and_said(prometheus_over: Serving, look: Look) -> None:
    """A look that may ask little asks no more, and says that it saw less."""
    signals = await read(prometheus_over("pool", pool_incident), replace(look, budget=Budget(queries=3)))

    assert any("may ask 3 questions" in note for note in signals.notes)


RULES = """
groups:
  - name: made-up
    interval: 1s
    rules:
      - alert: Watchdog
        expr: vector(1)
      - alert: TooSlow
        expr: vector(1)
        labels: {severity: page, namespace: shop-kx, deployment: checkout}
        annotations: {summary: "Checkout is slow\\u202e, token ghp_abcdefghijklmnopqrstuvwxyz0123456789"}
      - alert: NotYours
        expr: vector(1)
        labels: {severity: critical, namespace: payroll}
"""


async def test_firing_alerts_are_findings(prometheus_over: Serving, look: Look) -> None:
    """Alerts of these namespaces, cleaned and redacted; not the one that always fires, not other people's."""
    served = prometheus_over("alerts", pool_incident, rules=RULES)
    await asyncio.sleep(2.5)

    signals = await read(served, replace(look, now=datetime.now(UTC)))

    (alert,) = signals.findings
    assert alert.code == "alert-firing"
    assert (alert.object.kind, alert.object.name) == ("Deployment", "checkout")
    assert alert.severity is Severity.critical
    assert alert.since is not None
    assert "Checkout is slow" in alert.title
    shown = alert.title + alert.evidence[0].sample + str(alert.facts)
    assert "\u202e" not in shown
    assert "ghp_abcdefghij" not in shown
    assert alert.evidence[0].trust == "untrusted"


async def test_a_real_prometheus_below_a_path_is_read(prometheus_over: Serving) -> None:
    """http://host/prometheus/ with or without the last slash."""
    served = prometheus_over("below", lambda: World(1), flags=("--web.route-prefix=/prometheus",))

    for ending in ("/prometheus", "/prometheus/", "/prometheus/graph"):
        source = connect(served.url + ending)
        rows = await source.instant("vector(2)", NOW)
        await source.close()
        assert [row.value for row in rows] == [2.0]
