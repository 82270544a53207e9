"""The control plane of practice: who may do what on it, what it remembers, and that nothing of it stays."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from practice import access, programs
from practice.api import Api, ApiError, path_of
from practice.control_plane import ControlPlane
from practice.kubectl import KubectlFailed, kubectl
from tests.needs import needs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

SETTINGS = path_of("v1", "ConfigMap", "default", "rights")


@pytest.fixture
def program(control_plane: ControlPlane) -> Path:
    return needs("kubectl")["kubectl"]


@pytest.fixture(autouse=True)
def settings(control_plane: ControlPlane) -> None:
    """A ConfigMap to try rights on."""

    async def make() -> None:
        async with Api(control_plane.kubeconfig) as api:
            await api.delete(SETTINGS)
            await api.create(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "rights", "namespace": "default"},
                    "data": {"color": "blue"},
                }
            )

    asyncio.run(make())


async def test_practice_marks_its_cluster(control_plane: ControlPlane) -> None:
    """So that nobody takes another cluster for it."""
    async with Api(control_plane.kubeconfig_of("hilda")) as api:
        system = await api.get(path_of("v1", "Namespace", name="kube-system"))

    assert access.MARK.items() <= system["metadata"]["labels"].items()


@pytest.mark.parametrize("user", ["hilda", "executor", "oncall", "guest"])
async def test_nobody_reads_secrets(control_plane: ControlPlane, user: str) -> None:
    """Neither Hilda, nor the executor, nor the people."""
    async with Api(control_plane.kubeconfig_of(user)) as api:
        with pytest.raises(ApiError) as refused:
            await api.items(path_of("v1", "Secret", "default"))

    assert refused.value.status == 403


async def test_hilda_rehearses_and_never_writes(control_plane: ControlPlane) -> None:
    """The same write passes as a dry run and is refused without."""
    change = {"data": {"color": "red"}}
    async with Api(control_plane.kubeconfig_of("hilda")) as api:
        rehearsed = await api.request(
            "PATCH", SETTINGS, change, params={"dryRun": "All"}, content_type="application/merge-patch+json"
        )
        with pytest.raises(ApiError) as refused:
            await api.patch(SETTINGS, change, kind="merge")
        found = await api.get(SETTINGS)

    assert rehearsed["data"] == {"color": "red"}
    assert refused.value.status == 403
    assert found["data"] == {"color": "blue"}


async def test_the_executor_acts_for_the_practice_people_and_nobody_else(
    control_plane: ControlPlane, program: Path
) -> None:
    """It may be the lead; it may not be an administrator or Hilda."""
    executor = control_plane.kubeconfig_of("executor")
    label = ["label", "configmap", "rights", "-n", "default", "--overwrite"]

    await kubectl(program, executor, [*label, "by=lead", "--as=lead"])
    for other in ("admin", "hilda", "somebody"):
        with pytest.raises(KubectlFailed, match="cannot impersonate"):
            await kubectl(program, executor, [*label, f"by={other}", f"--as={other}"])


async def test_writes_are_found_in_the_audit_log(control_plane: ControlPlane, program: Path) -> None:
    """Once each, with who acted and for whom; reads are not there."""
    executor = control_plane.kubeconfig_of("executor")

    await kubectl(program, executor, ["label", "configmap", "rights", "-n", "default", "audited=yes", "--as=lead"])

    entries = [json.loads(line) for line in control_plane.audit_log.read_text().splitlines()]
    mine = [each for each in entries if "audited" in json.dumps(each.get("requestObject", ""))]
    assert [(each["verb"], each["user"]["username"]) for each in mine] == [("patch", "executor")]
    assert mine[0]["impersonatedUser"]["username"] == "lead"
    assert all(each["verb"] not in ("get", "list", "watch") for each in entries)


async def test_nothing_is_left_after_stop(tmp_path: Path) -> None:
    """No process, and no folder if it was a temporary one."""
    needs(*programs.CONTROL_PLANE)
    plane = await ControlPlane.start(nodes=1)
    pids = plane.children.pids

    await plane.stop()

    assert len(pids) == 5
    assert not any(map(_alive, pids))
    assert not plane.folder.exists()


async def test_nothing_survives_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL leaves no time to tidy up; the kernel does it."""
    needs(*programs.CONTROL_PLANE)
    code = (
        "import asyncio, pathlib, sys, time\n"
        "from practice.control_plane import ControlPlane\n"
        "plane = asyncio.run(ControlPlane.start(pathlib.Path(sys.argv[1])))\n"
        "print(*plane.children.pids, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, tmp_path, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    pids = [int(word) for word in (await parent.stdout.readline()).split()]
    before = [_alive(pid) for pid in pids]
    parent.kill()
    await parent.wait()

    for _ in range(50):
        await asyncio.sleep(0.05)
        if not any(map(_alive, pids)):
            break
    assert before == [True] * 5
    assert not any(map(_alive, pids))


def _alive(pid: int) -> bool:
    """Running, and not just waiting for somebody to ask how it ended."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
