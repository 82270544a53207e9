"""LimitRanges and ResourceQuotas say the same on both control planes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from practice.api import Api, Json, path_of

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

Make: TypeAlias = Callable[[Json], Awaitable[Json]]
Refused: TypeAlias = Callable[[Awaitable[Any]], Awaitable[tuple[int, str]]]


def pod(name: str, **resources: dict[str, str]) -> Json:
    containers = [{"name": "main", "image": "x.example/y:1", "resources": resources}]
    spec = {"containers": containers, "schedulerName": "nobody"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
async def account(api: Api, namespace: str) -> None:
    """The namespace is ready for pods."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    for _ in range(100):
        if await api.find(path):
            return
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("account")
async def test_a_limit_range_gives_and_bounds(api: Api, namespace: str, make: Make, refused: Refused) -> None:
    """With a note of what it gave, and the real server's words for what is too much."""
    limit = {
        "type": "Container",
        "default": {"memory": "128Mi"},
        "defaultRequest": {"cpu": "100m"},
        "max": {"memory": "256Mi"},
    }
    await api.request(
        "POST",
        f"/api/v1/namespaces/{namespace}/limitranges",
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "bounds"}, "spec": {"limits": [limit]}},
    )
    # Admission on the real server sees a new LimitRange a moment later.
    await asyncio.sleep(0.5)

    made = await make(pod("modest"))
    status, message = await refused(make(pod("greedy", limits={"memory": "1Gi"})))

    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"memory": "128Mi"},
        "requests": {"cpu": "100m", "memory": "128Mi"},
    }
    note = made["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert note == ("LimitRanger plugin set: cpu, memory request for container main; memory limit for container main")
    assert status == 403
    assert 'pods "greedy" is forbidden: maximum memory usage per Container is 256Mi, but limit is 1Gi' in message


@pytest.mark.usefixtures("account")
async def test_a_quota_counts_and_refuses(api: Api, namespace: str, make: Make, refused: Refused) -> None:
    """What is asked, what is used, what is allowed."""
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    hard = {"pods": "2", "requests.memory": "1Gi", "count/configmaps": "2"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "share"}, "spec": {"hard": hard}}
    await api.request("POST", path, quota)

    async def used() -> dict[str, str]:
        return dict((await api.get(f"{path}/share")).get("status", {}).get("used", {}))

    async def until_used(**wanted: str) -> bool:
        for _ in range(200):
            if wanted.items() <= (await used()).items():
                return True
            await asyncio.sleep(0.05)
        return False

    assert await until_used(pods="0")
    silent = await refused(make(pod("silent")))
    await make(pod("one", requests={"memory": "700Mi"}))
    assert await until_used(pods="1")
    greedy = await refused(make(pod("two", requests={"memory": "700Mi"})))
    await make(pod("three", requests={"memory": "100Mi"}))
    assert await until_used(pods="2")
    crowd = await refused(make(pod("four", requests={"memory": "1Mi"})))

    assert silent[0] == greedy[0] == crowd[0] == 403
    assert "failed quota: share: must specify requests.memory for: main" in silent[1]
    assert (
        "exceeded quota: share, requested: requests.memory=700Mi, used: requests.memory=700Mi, limited: "
        "requests.memory=1Gi"
    ) in greedy[1]
    assert "exceeded quota: share, requested: pods=1, used: pods=2, limited: pods=2" in crowd[1]
    assert await until_used(**{"requests.memory": "800Mi", "count/configmaps": "1"})
    await api.delete(path_of("v1", "Pod", namespace, "one"))
    assert await until_used(pods="1")
