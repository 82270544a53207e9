"""What a look sees when not everything can be seen."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from domain.errors import ToolFailed
from domain.look import Look
from tests.tools.kubernetes.api_server import ApiServer, after, always, pod
from tests.tools.kubernetes.conftest import Connect
from tools.kubernetes.state import read_state

LookAt = Callable[..., Look]


async def test_each_kind_says_how_well_it_was_read(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """Forbidden, absent and slow kinds are noted, and the others are read all the same."""
    api.objects["pods"] = [pod("p")]
    api.odd["/api/v1/configmaps"] = always(403, "no")
    api.odd["/apis/autoscaling/v2/horizontalpodautoscalers"] = always(404, "no")
    api.odd["/api/v1/events"] = after(5)
    client = await connect()

    state = await asyncio.wait_for(read_state(client, look(seconds=0.4)), 3)

    assert state.coverage["Pod"] == "read"
    assert state.coverage["ConfigMap"] == "forbidden"
    assert state.coverage["HorizontalPodAutoscaler"] == "absent"
    assert state.coverage["Event"] == "slow"
    assert [item["metadata"]["name"] for item in state.of("Pod")] == ["p"]
    assert any("configmaps" in note for note in state.notes)


async def test_what_was_read_before_the_deadline_is_kept(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """Half a list is worth having, and is marked so that nothing is concluded from what is missing in it."""
    api.objects["pods"] = [pod(f"p{n}") for n in range(4)]
    api.page = 2

    async def slow_second_page(request: web.Request) -> web.StreamResponse:
        if "continue" in request.query:
            await asyncio.sleep(5)
        items = api.objects["pods"][:2]
        return web.json_response({"items": items, "metadata": {"continue": "2"}})

    api.odd["/api/v1/pods"] = slow_second_page
    client = await connect()

    state = await read_state(client, look(seconds=0.4))

    assert len(list(state.of("Pod"))) == 2
    assert not state.can_tell("Pod")


async def test_who_may_not_look_everywhere_looks_at_home(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """Without the right to list pods everywhere, the context's own namespace is looked at, and that is said."""
    api.objects["pods"] = [pod("mine"), pod("theirs", "other")]
    for plural in ("pods", "events", "services", "configmaps"):
        api.odd[f"/api/v1/{plural}"] = always(403, "no")
    client = await connect()

    state = await read_state(client, look())

    assert [item["metadata"]["name"] for item in state.of("Pod")] == ["mine"]
    assert state.can_tell("Pod")
    assert any("only shop was looked at" in note for note in state.notes)


async def test_a_namespace_that_is_not_there_is_no_empty_one(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """A misspelt namespace fails with the likely name, instead of looking healthy."""
    api.objects["namespaces"] = [{"metadata": {"name": name}} for name in ("shop", "payments")]
    client = await connect()

    with pytest.raises(ToolFailed, match=r"no namespace 'paymets'.*Did you mean payments\?") as failed:
        await read_state(client, look("paymets"))

    assert failed.value.status == 404


async def test_an_unreachable_server_is_a_failure_not_a_state(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """Nothing seen at all must not become an empty cluster."""
    client = await connect()
    await api.stop()

    with pytest.raises(ToolFailed, match="cannot be reached"):
        await read_state(client, look())


async def test_expired_credentials_are_a_failure_not_a_state(connect: Connect, look: LookAt) -> None:
    """Being refused everywhere for want of a login is one thing to say, not fifteen notes."""
    client = await connect(user={"token": "expired"})

    with pytest.raises(ToolFailed, match="expired or revoked"):
        await read_state(client, look())


async def test_logs_of_crashing_containers_come_along(api: ApiServer, connect: Connect, look: LookAt) -> None:
    """Two representatives per workload, cleaned and redacted; healthy pods are left alone."""
    status = {"name": "app", "restartCount": 4, "ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    healthy = {**pod("fine"), "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    crashing = []
    for number in range(5):
        one = pod(f"crash-{number}")
        one["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "crash", "uid": "u", "controller": True}]
        one["spec"] = {"containers": [{"name": "app"}]}
        one["status"] = {"containerStatuses": [status]}
        crashing.append(one)
    api.objects["pods"] = [healthy, *crashing]

    async def log(request: web.Request) -> web.StreamResponse:
        which = "before" if "previous" in request.query else "now"
        return web.Response(text=f"\x1b[31m{which} password=hunter2hunter2\x1b[0m\n")

    for item in api.objects["pods"]:
        api.odd[f"/api/v1/namespaces/shop/pods/{item['metadata']['name']}/log"] = log
    client = await connect()

    state = await read_state(client, look())

    assert {key.pod for key in state.logs} == {"crash-0", "crash-1"}
    assert {key.previous for key in state.logs} == {True, False}
    told = " ".join(state.logs.values())
    assert "before" in told
    assert "\x1b" not in told
    assert "hunter2" not in told
