"""What is done to objects beside writing them: scale, bind, evict, finalize, read logs, ask for Tables."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import aiohttp
import pytest

from practice.api import Api, Json, path_of
from practice.plane import Plane

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

Make: TypeAlias = Callable[[Json], Awaitable[Json]]
Refused: TypeAlias = Callable[[Awaitable[Any]], Awaitable[tuple[int, str]]]
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def pod(name: str, **spec: Any) -> Json:
    containers = [{"name": "main", "image": "x.example/y:1"}]
    meta = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": containers} | spec}


def deployment(name: str) -> Json:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod(name)["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template, "paused": True},
    }


async def test_a_scale_is_the_workloads_own_replicas(api: Api, namespace: str, make: Make) -> None:
    """Whoever scales it is written down as having done so through that door."""
    await make(deployment("web"))
    path = path_of("apps/v1", "Deployment", namespace, "web")

    scaled = await api.patch(f"{path}/scale", {"spec": {"replicas": 2}}, kind="merge", field_manager="scaler")
    after = await api.get(path)

    assert scaled["kind"] == "Scale"
    assert scaled["status"] == {"replicas": 0, "selector": "app=web"}
    assert after["spec"]["replicas"] == 2
    assert after["metadata"]["generation"] == 2
    wrote = [each for each in after["metadata"]["managedFields"] if each["manager"] == "scaler"]
    assert [(each["subresource"], each["fieldsV1"]) for each in wrote] == [("scale", {"f:spec": {"f:replicas": {}}})]


async def test_a_pod_is_bound_once(api: Api, namespace: str, make: Make, refused: Refused) -> None:
    """It takes its node's zone with it."""
    await make(pod("web", schedulerName="nobody"))
    node = (await api.items(path_of("v1", "Node")))[0]
    zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
    path = path_of("v1", "Pod", namespace, "web")
    binding = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": node["metadata"]["name"]}}

    await api.request("POST", f"{path}/binding", binding)
    status, message = await refused(api.request("POST", f"{path}/binding", binding))
    bound = await api.get(path)

    assert bound["spec"]["nodeName"] == node["metadata"]["name"]
    assert bound["metadata"]["labels"]["topology.kubernetes.io/zone"] == zone
    assert any(each["type"] == "PodScheduled" and each["status"] == "True" for each in bound["status"]["conditions"])
    assert status == 409
    assert f'pod web is already assigned to node "{node["metadata"]["name"]}"' in message


async def test_a_pod_on_a_node_gets_its_time_to_end(api: Api, namespace: str, make: Make) -> None:
    """Without a node it goes at once; with one it is marked, and the mark only moves closer."""
    await make(pod("nowhere", schedulerName="nobody"))
    await make(pod("there", nodeName="missing", terminationGracePeriodSeconds=20))
    nowhere, there = (path_of("v1", "Pod", namespace, name) for name in ("nowhere", "there"))

    await api.delete(nowhere)
    marked = await api.request("DELETE", there)
    longer = await api.request("DELETE", there, {"gracePeriodSeconds": 25})
    shorter = await api.request("DELETE", there, {"gracePeriodSeconds": 5})
    await api.delete(there, {"gracePeriodSeconds": 0})

    assert await api.find(nowhere) is None
    graces = [each["metadata"]["deletionGracePeriodSeconds"] for each in (marked, longer, shorter)]
    assert graces == [20, 20, 5]
    assert marked["metadata"]["deletionTimestamp"] > shorter["metadata"]["deletionTimestamp"]
    assert [each["metadata"]["generation"] for each in (marked, shorter)] == [2, 2]
    assert await api.find(there) is None


async def test_an_eviction_asks_the_budget(api: Api, namespace: str, make: Make, refused: Refused) -> None:
    """429 when it has nothing left; afterwards the pod goes."""
    await make(pod("web", nodeName="missing"))
    budgets = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": spec}
    await api.request("POST", budgets, budget)
    path = path_of("v1", "Pod", namespace, "web")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}
    running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    await api.patch(f"{path}/status", {"status": running}, kind="merge")

    async def budget_is_known() -> bool:
        found = await api.get(f"{budgets}/web")
        return bool(found.get("status", {}).get("observedGeneration"))

    for _ in range(100):
        if await budget_is_known():
            break
        await api.patch(f"{budgets}/web/status", {"status": {"observedGeneration": 1}}, kind="merge")
        await asyncio.sleep(0.05)
    status, message = await refused(api.request("POST", f"{path}/eviction", eviction))
    await api.delete(f"{budgets}/web")
    await api.request("POST", f"{path}/eviction", eviction)

    assert status == 429
    assert "Cannot evict pod as it would violate the pod's disruption budget." in message
    assert (await api.get(path))["metadata"]["deletionTimestamp"]


async def test_logs_come_from_the_kubelet_of_the_node(any_plane: Plane, api: Api, namespace: str, make: Make) -> None:
    """Whole, or as the client asks for them."""
    path = path_of("v1", "Pod", namespace, "web")
    await make(pod("web"))
    for _ in range(200):
        if (await api.get(path))["status"]["phase"] == "Running":
            break
        await asyncio.sleep(0.1)

    whole = (await api.get(f"{path}/log"))["text"]
    last = (await api.get(f"{path}/log", tailLines="1", timestamps="true"))["text"]

    assert whole.splitlines()
    assert last.partition(" ")[0].endswith("Z")


async def test_any_answer_can_be_a_table(any_plane: Plane, api: Api, namespace: str, make: Make) -> None:
    """A list, one object, what a write made."""
    await make(deployment("web"))
    path = path_of("apps/v1", "Deployment", namespace)
    headers = {"Authorization": f"Bearer {any_plane.tokens['admin']}", "Accept": TABLE}

    async def table(method: str, path: str, body: Any = None) -> Json:
        kind = {"Content-Type": "application/merge-patch+json"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, any_plane.server + path, json=body, headers=headers | kind, ssl=False) as answer,
        ):
            return dict(json.loads(await answer.text()))

    listed = await table("GET", path)
    one = await table("GET", f"{path}/web?includeObject=None")
    written = await table("PATCH", f"{path}/web", {"spec": {"minReadySeconds": 1}})

    assert [each["kind"] for each in (listed, one, written)] == ["Table"] * 3
    assert [each["rows"][0]["cells"][:2] for each in (listed, one, written)] == [["web", "0/0"]] * 3
    assert listed["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert one["rows"][0]["object"] is None
