"""The controllers as a process: it can be ended, killed and started anew at any time."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from practice.api import Api
from practice.controllers.kinds import DEPLOYMENT, NAMESPACE, POD, SERVICE_ACCOUNT
from practice.small_plane import SmallPlane
from practice.waiting import until
from tests.practice.controllers.stage import Stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[SmallPlane]:
    """One of our own, since we kill its controllers."""
    started = await SmallPlane.start(tmp_path / "plane", nodes=1, audit=False)
    yield started
    await started.stop()


async def test_what_was_left_undone_is_done_by_a_successor(plane: SmallPlane) -> None:
    """Killed in the middle of a rollout: afterwards there are exactly the pods that there should be."""
    async with Api(plane.kubeconfig) as api:
        await api.request("POST", NAMESPACE.path(), {"metadata": {"name": "shop"}})
        stage = Stage(api, "shop")
        account = SERVICE_ACCOUNT.path("shop", "default")
        await stage.until("the service account", lambda: _exists(api, account))
        await stage.deployment("web", 6)
        await stage.until("the first pods", lambda: _has_any(stage))

        await _end(plane, signal.SIGKILL)
        await stage.change(DEPLOYMENT, "web", {"spec": {"template": {"metadata": {"labels": {"v": "2"}}}}})
        manager = plane.kubeconfig_of("system:kube-controller-manager")
        plane.children.start_module("practice.controllers", {"--kubeconfig": manager})
        await stage.rolled_out("web")
        pods = await stage.all(POD)

    assert [pod["metadata"]["labels"].get("v") for pod in pods] == ["2"] * 6


async def test_it_ends_at_once_and_in_silence(plane: SmallPlane) -> None:
    """When it is asked to: no stack trace is left in the log."""
    await _end(plane, signal.SIGTERM)

    assert plane.children.log_of("practice.controllers").read_text() == ""


async def _end(plane: SmallPlane, how: signal.Signals) -> None:
    pid = _pid(plane)
    os.kill(pid, how)
    await until("the controllers to be gone", lambda: _gone(pid), seconds=5)


def _pid(plane: SmallPlane) -> int:
    for pid in plane.children.pids:
        if b"practice.controllers" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    raise AssertionError("no controllers are running")


async def _gone(pid: int) -> bool:
    state = await asyncio.to_thread(Path(f"/proc/{pid}/stat").read_text)
    return state.rpartition(")")[2].split()[0] == "Z"


async def _exists(api: Api, path: str) -> bool:
    return await api.find(path) is not None


async def _has_any(stage: Stage) -> bool:
    return bool(await stage.all(POD))
