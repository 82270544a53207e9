"""What is about to break: said with its time where that can be told, and not said of what only looks so."""

import importlib
import math
import pkgutil
from datetime import timedelta

import pytest

import tools.forecast
from domain.findings import Severity
from tests.tools.forecast.remembered import NOW, Course, Remembered
from tools.forecast import catalog, certificates, deprecated, filling, restarts
from tools.forecast.budgets import budgets
from tools.forecast.outlook import Forecast

GIB = 2.0**30


def volume(source: Remembered, name: str, share: Course, size: float = 100 * GIB) -> None:
    labels = {"namespace": "shop", "persistentvolumeclaim": name}
    source.add("kubelet_volume_stats_used_bytes", labels, lambda hour: size * share(hour))
    source.add("kubelet_volume_stats_capacity_bytes", labels, lambda _: size)


async def only(source: Remembered, coming: catalog.Coming) -> Forecast:
    (found,) = await coming(await source.outlook())
    return found


def test_the_catalog_lists_every_forecast() -> None:
    modules = [
        importlib.import_module(f"tools.forecast.{m.name}") for m in pkgutil.iter_modules(tools.forecast.__path__)
    ]

    assert {m.coming for m in modules if hasattr(m, "coming")} == set(catalog.FORECASTS)


async def test_a_volume_that_fills_is_told_with_its_time_and_drawn() -> None:
    source = Remembered()
    volume(source, "data-db-0", lambda hour: 0.85 + hour * 0.15 / 60)
    volume(source, "cache-0", lambda hour: 0.5 + 0.2 * math.sin(hour))
    volume(source, "archive-0", lambda _: 0.7)

    found = await only(source, filling.coming)

    assert found.finding.title == "Volume data-db-0 in shop is full in about 2 days (85 % of 100 GiB)"
    assert found.finding.severity is Severity.warning
    assert found.at is not None
    assert abs(found.at - NOW - timedelta(hours=60)) < timedelta(hours=2)
    assert found.chart is not None
    assert [series.label for series in found.chart.series] == ["used", "if it goes on", "full"]
    assert 'persistentvolumeclaim="data-db-0"' in found.finding.evidence[0].check


async def test_a_log_that_runs_wild_since_midnight_is_seen_before_breakfast() -> None:
    """Three calm days say nothing of it; the last six hours do."""
    source = Remembered()
    volume(source, "logs-0", lambda hour: 0.3 + max(0.0, hour + 5) * 0.12)

    found = await only(source, filling.coming)

    assert "is full within the hour" in found.finding.title
    assert found.finding.severity is Severity.critical


async def test_nearly_full_is_told_without_a_trend() -> None:
    source = Remembered()
    volume(source, "data-0", lambda _: 0.95)

    found = await only(source, filling.coming)

    assert found.finding.title == "Volume data-0 in shop is nearly full (95 % of 100 GiB)"
    assert found.at is None


async def test_a_volume_that_was_deleted_is_not_told_of() -> None:
    source = Remembered()
    labels = {"namespace": "shop", "persistentvolumeclaim": "gone-0"}
    source.add(
        "kubelet_volume_stats_used_bytes", labels, lambda hour: (0.9 + hour / 100) * GIB if hour < -2 else math.nan
    )
    source.add("kubelet_volume_stats_capacity_bytes", labels, lambda _: GIB)

    assert await filling.coming(await source.outlook()) == []


async def test_disks_of_nodes_without_those_that_are_none() -> None:
    source = Remembered()
    for where, kind in (("/", "ext4"), ("/run/lock", "tmpfs"), ("/var/lib/containers/x", "overlay")):
        labels = {"instance": "node-7:9100", "mountpoint": where, "fstype": kind}
        source.add("node_filesystem_size_bytes", labels, lambda _: 50 * GIB)
        source.add("node_filesystem_avail_bytes", labels, lambda hour: (8 - hour / 10) * GIB)

    found = await only(source, filling.coming)

    assert found.finding.title.startswith("Disk / of node node-7:9100 is full in about")
    assert (found.finding.object.kind, found.finding.object.name) == ("Node", "node-7")


async def test_a_quota_is_told_in_its_own_unit() -> None:
    source = Remembered()
    for kind, course in (("used", lambda hour: 7 + hour / 100), ("hard", lambda _: 8.0)):
        labels = {"namespace": "shop", "resourcequota": "q", "resource": "requests.cpu", "type": kind}
        source.add("kube_resourcequota", labels, course)

    found = await only(source, filling.coming)

    assert found.finding.title == "The quota of requests.cpu in shop is used up in about 4 days (88 % of 8 cores)"


@pytest.mark.parametrize(
    ("metric", "labels", "left"),
    [
        (certificates.WAYS[0].metric, {"name": "web-tls", "exported_namespace": "shop"}, False),
        ("x509_cert_not_after", {"secret_name": "web-tls", "secret_namespace": "shop"}, False),
        ("probe_ssl_earliest_cert_expiry", {"instance": "https://web-tls"}, False),
        ("kubelet_certificate_manager_client_ttl_seconds", {"node": "web-tls"}, True),
    ],
)  # fmt: skip
async def test_a_certificate_is_told_whoever_measures_it(metric: str, labels: dict[str, str], left: bool) -> None:
    source = Remembered(hours=30)
    ends = NOW + timedelta(days=5)
    source.add(metric, labels, (lambda hour: 5 * 86_400 - hour * 3600) if left else (lambda _: ends.timestamp()))
    far = {key: f"far-{value}" for key, value in labels.items()}
    source.add(metric, far, (lambda _: 9e6) if left else (lambda _: ends.timestamp() + 9e6))

    found = await only(source, certificates.coming)

    assert "web-tls" in found.finding.title
    assert "expires in about 5 days (09 Mar)" in found.finding.title
    assert found.at == ends


async def test_what_has_expired_is_critical_and_two_who_tell_of_it_are_one_line() -> None:
    source = Remembered(hours=30)
    past = (NOW - timedelta(hours=3)).timestamp()
    source.add("x509_cert_not_after", {"secret_name": "web", "secret_namespace": "shop"}, lambda _: past)
    cert_manager = {"name": "web", "exported_namespace": "shop"}
    source.add("certmanager_certificate_expiration_timestamp_seconds", cert_manager, lambda _: past)

    found = await only(source, certificates.coming)

    assert found.finding.title == "The certificate web in shop has expired"
    assert found.finding.severity is Severity.critical


async def test_restarts_that_rise_are_told_and_those_that_go_on_as_ever_are_not() -> None:
    source = Remembered()
    for pod, course in (
        ("checkout-6d9f8c7b55-x2x4p", lambda hour: 3 + math.floor(max(0.0, 24 + hour) / 3)),
        ("cart-6d9f8c7b55-aaaaa", lambda hour: 100 + math.floor(hour / 3)),
        ("mail-6d9f8c7b55-bbbbb", lambda hour: 1.0 if hour > -3 else 0.0),
    ):
        labels = {"namespace": "shop", "pod": pod, "container": pod.partition("-")[0]}
        source.add("kube_pod_container_status_restarts_total", labels, course)

    found = await only(source, restarts.coming)

    assert found.finding.title == "checkout in shop restarts more and more: 8 times, 0 the day before"


async def test_a_deprecated_api_is_told_with_the_release_without_it() -> None:
    source = Remembered(hours=30)
    labels = {"group": "policy", "version": "v1beta1", "resource": "podsecuritypolicies", "removed_release": "1.25"}
    source.add("apiserver_requested_deprecated_apis", labels, lambda _: 1)
    source.add("apiserver_requested_deprecated_apis", {**labels, "resource": "x", "removed_release": ""}, lambda _: 1)

    found = await only(source, deprecated.coming)

    title = "policy/v1beta1 podsecuritypolicies is still called; Kubernetes 1.25 serves it no more"
    assert found.finding.title == title


async def test_error_budgets_of_several_makers_are_read_least_left_first() -> None:
    source = Remembered(hours=30)
    source.add("slo:period_error_budget_remaining:ratio", {"sloth_slo": "api"}, lambda hour: 0.4 - hour / 240)
    source.add("pyrra_availability", {"slo": "web"}, lambda _: 0.9995)
    source.add("pyrra_objective", {"slo": "web"}, lambda _: 0.999)
    source.add("apiserver_request:availability30d", {"verb": "all"}, lambda _: 0.985)
    source.add("team:error_budget:remaining", {"service": "mail"}, lambda _: 0.1)

    found = await budgets(await source.outlook())

    assert [(one.name, round(one.left, 3)) for one in found] == [
        ("API server availability", -0.5),
        ("mail", 0.1),
        ("api", 0.4),
        ("web", 0.5),
    ]
    assert [round(one.spent_today or 0, 3) for one in found] == [0.0, 0.0, 0.1, 0.0]


async def test_labels_that_anybody_wrote_stay_on_their_line() -> None:
    source = Remembered()
    volume(source, "x", lambda _: 0.95)
    labels = {"namespace": "shop\n**PWNED**", "persistentvolumeclaim": "\u202eevil{name}"}
    source.add("kubelet_volume_stats_used_bytes", labels, lambda _: 99.0)
    source.add("kubelet_volume_stats_capacity_bytes", labels, lambda _: 100.0)

    found = await filling.coming(await source.outlook())

    assert len(found) == 2
    assert all("\n" not in one.finding.title and "\u202e" not in one.finding.title for one in found)


async def test_where_nothing_is_measured_nothing_is_about_to_break() -> None:
    source = Remembered(hours=1)

    assert await catalog.all_coming(await source.outlook()) == ()
    assert await budgets(await source.outlook()) == []
