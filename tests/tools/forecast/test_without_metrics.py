"""What is about to break, as far as the cluster's own objects tell it: no Prometheus needed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.findings import Severity
from domain.look import Window
from tests.tools.forecast.remembered import NOW
from tests.tools.kubernetes.api_server import ApiServer, always
from tools.forecast.catalog import all_coming
from tools.forecast.outlook import Outlook
from tools.kubernetes.client import KubeClient


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    server = ApiServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def outlook(api: ApiServer, tmp_path: Path) -> AsyncIterator[Outlook]:
    async with await KubeClient.connect(api.kubeconfig(tmp_path)) as kube:
        yield Outlook(NOW, Window(NOW - timedelta(days=1), NOW), kube=kube, cluster="c1", context="test")


def quota(name: str, resource: str, used: str, hard: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"metadata": metadata, "status": {"hard": {resource: hard}, "used": {resource: used}}}


def certificate(name: str, days: float) -> dict[str, Any]:
    ends = (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": {"name": name, "namespace": "shop"}, "status": {"notAfter": ends}}


async def test_quotas_and_certificates_are_told_by_their_objects(api: ApiServer, outlook: Outlook) -> None:
    api.objects["resourcequotas"] = [
        quota("compute", "requests.memory", "60Gi", "64Gi"),
        quota("pods", "pods", "40", "40"),
        quota("room", "requests.cpu", "2", "16"),
        {"metadata": {"name": "new", "namespace": "shop"}},
    ]
    api.objects["certificates"] = [certificate("web", 5.02), certificate("far", 60), {"metadata": {"name": "pending"}}]

    found = await all_coming(outlook)

    assert [(one.finding.title, one.finding.severity) for one in found] == [
        ("The certificate web in shop expires in about 5 days (09 Mar)", Severity.warning),
        ("The quota of pods in shop is used up (100 % of 40)", Severity.critical),
        ("The quota of requests.memory in shop is nearly used up (94 % of 64 GiB)", Severity.warning),
    ]
    assert all("--context test -n shop" in one.finding.evidence[0].check for one in found)


async def test_what_may_not_be_read_is_no_trouble_and_what_fails_is_noted(api: ApiServer, outlook: Outlook) -> None:
    api.odd["/api/v1/resourcequotas"] = always(403, "forbidden")
    api.odd["/apis/cert-manager.io/v1/certificates"] = always(500, "etcd is gone")

    assert await all_coming(outlook) == ()
    assert len(outlook.notes) == 1
    assert "etcd is gone" in outlook.notes[0]
