"""The control planes of practice: who may do what on them, and what they remember."""

import asyncio
import json
from pathlib import Path

import pytest

from practice import access
from practice.api import Api, ApiError, path_of
from practice.kubectl import KubectlFailed, kubectl
from practice.plane import Plane
from tests.needs import needs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

SETTINGS = path_of("v1", "ConfigMap", "default", "rights")


@pytest.fixture
def program(any_plane: Plane) -> Path:
    return needs("kubectl")["kubectl"]


@pytest.fixture(autouse=True)
def settings(any_plane: Plane) -> None:
    """A ConfigMap to try rights on."""

    async def make() -> None:
        async with Api(any_plane.kubeconfig) as api:
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


async def test_practice_marks_its_cluster(any_plane: Plane) -> None:
    """So that nobody takes another cluster for it."""
    async with Api(any_plane.kubeconfig_of("hilda")) as api:
        system = await api.get(path_of("v1", "Namespace", name="kube-system"))

    assert access.MARK.items() <= system["metadata"]["labels"].items()


@pytest.mark.parametrize("user", ["hilda", "executor", "oncall", "guest"])
async def test_nobody_reads_secrets(any_plane: Plane, user: str) -> None:
    """Neither Hilda, nor the executor, nor the people."""
    async with Api(any_plane.kubeconfig_of(user)) as api:
        with pytest.raises(ApiError) as refused:
            await api.items(path_of("v1", "Secret", "default"))

    assert refused.value.status == 403


async def test_hilda_rehearses_and_never_writes(any_plane: Plane) -> None:
    """The same write passes as a dry run and is refused without."""
    change = {"data": {"color": "red"}}
    async with Api(any_plane.kubeconfig_of("hilda")) as api:
        rehearsed = await api.request(
            "PATCH", SETTINGS, change, params={"dryRun": "All"}, content_type="application/merge-patch+json"
        )
        with pytest.raises(ApiError) as refused:
            await api.patch(SETTINGS, change, kind="merge")
        found = await api.get(SETTINGS)

    assert rehearsed["data"] == {"color": "red"}
    assert refused.value.status == 403
    assert found["data"] == {"color": "blue"}


async def test_the_executor_acts_for_the_practice_people_and_nobody_else(any_plane: Plane, program: Path) -> None:
    """It may be the lead; it may not be an administrator or Hilda."""
    executor = any_plane.kubeconfig_of("executor")
    label = ["label", "configmap", "rights", "-n", "default", "--overwrite"]

    await kubectl(program, executor, [*label, "by=lead", "--as=lead"])
    for other in ("admin", "hilda", "somebody"):
        with pytest.raises(KubectlFailed, match="cannot impersonate"):
            await kubectl(program, executor, [*label, f"by={other}", f"--as={other}"])


async def test_writes_are_found_in_the_audit_log(any_plane: Plane, program: Path) -> None:
    """Once each, with who acted and for whom; reads are not there."""
    executor = any_plane.kubeconfig_of("executor")

    await kubectl(program, executor, ["label", "configmap", "rights", "-n", "default", "audited=yes", "--as=lead"])

    entries = [json.loads(line) for line in any_plane.audit_log.read_text().splitlines()]
    mine = [each for each in entries if "audited" in json.dumps(each.get("requestObject", ""))]
    assert [(each["verb"], each["user"]["username"]) for each in mine] == [("patch", "executor")]
    assert mine[0]["impersonatedUser"]["username"] == "lead"
    assert all(each["verb"] not in ("get", "list", "watch") for each in entries)
