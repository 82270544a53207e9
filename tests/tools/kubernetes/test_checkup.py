"""The whole look: from a kubeconfig to causes, on a real control plane and on servers that answer badly."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from domain.errors import ToolFailed
from domain.look import Look
from practice.ground import PracticeGround
from tests.tools.kubernetes.api_server import ApiServer, always, pod
from tests.tools.kubernetes.conftest import Connect
from tools.checkup import as_json, checkup
from tools.kubernetes.client import KubeClient

LookAt = Callable[..., Look]


@pytest.mark.cluster
async def test_a_bad_release_is_diagnosed_on_a_real_control_plane(
    practice_ground: Callable[..., Awaitable[PracticeGround]], look: LookAt
) -> None:
    """The first cause is the victim's image, with what it was before; nothing else is blamed."""
    ground = await practice_ground("bad-image", seed=11)
    async with await KubeClient.connect(str(ground.kubeconfig)) as client:
        done = await checkup(client, look(ground.namespace))

    answer = as_json(done)
    assert answer["state"] == "degraded"
    assert [(cause["code"], cause["object"]["name"]) for cause in answer["causes"]] == [
        ("image-pull", ground.scenario.victim)
    ]
    cause = done.causes[0].finding
    assert cause.facts["previous_image"] != cause.facts["image"]
    ids = {piece["id"] for piece in answer["evidence"]}
    assert {*answer["causes"][0]["evidence"]} <= ids
    assert set(answer) == {"state", "causes", "findings", "evidence", "coverage", "took"}


async def test_an_empty_cluster_is_healthy(connect: Connect, look: LookAt) -> None:
    """Nothing there, everything read."""
    done = await checkup(await connect(), look())

    assert (done.health, done.causes) == ("healthy", ())


@pytest.mark.parametrize("path", ["/api/v1/namespaces/shop/pods", "/apis/apps/v1/namespaces/shop/deployments"])
async def test_what_cannot_be_seen_is_unknown_not_healthy(
    api: ApiServer, connect: Connect, look: LookAt, path: str
) -> None:
    """Without pods or Deployments nobody can say that all is well."""
    api.objects["namespaces"] = [{"metadata": {"name": "shop"}}]
    api.odd[path] = always(403, "no")

    done = await checkup(await connect(), look("shop"))

    assert done.health == "unknown"


async def test_an_absent_helper_kind_does_not_make_it_unknown(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """Not every cluster has autoscaling."""
    api.objects["pods"] = [pod("p")]
    api.odd["/apis/autoscaling/v2/horizontalpodautoscalers"] = always(404, "no")

    done = await checkup(await connect(), look())

    assert done.health == "healthy"


async def test_a_server_that_is_down_is_a_failure(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """`hilda check` then says that it could not look."""
    client = await connect()
    await api.stop()

    with pytest.raises(ToolFailed, match="cannot be reached"):
        await checkup(client, look())


async def test_a_look_writes_nothing(api: ApiServer, connect: Connect, look: LookAt, tmp_path: Path) -> None:
    """Only GET requests, and no Secrets among them."""
    client = await connect()
    await checkup(client, look())

    assert {method for method, _, _ in api.requests} == {"GET"}
    assert not [path for _, path, _ in api.requests if "secret" in path]
