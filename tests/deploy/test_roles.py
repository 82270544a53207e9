"""The roles we ship let Hilda look at everything she reads, and at no Secret."""

import subprocess
from pathlib import Path

import pytest

from practice.control_plane import ControlPlane
from tools.kubernetes.kinds import DEFAULT_KINDS, KINDS

DEPLOY = Path(__file__).parents[2] / "deploy"
READER = "system:serviceaccount:hilda:hilda"
EXECUTOR = "system:serviceaccount:hilda:hilda-executor"

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> ControlPlane:
    for name in ("reader.yaml", "executor.yaml"):
        _kubectl(control_plane, "apply", "-f", str(DEPLOY / name))
    return control_plane


def test_the_reader_may_list_every_kind_that_a_look_reads(cluster: ControlPlane) -> None:
    """A missing rule would be a blind spot from the first day."""
    denied = [kind for kind in DEFAULT_KINDS if not _may(cluster, READER, "list", KINDS[kind].resource)]

    assert denied == []
    assert _may(cluster, READER, "get", "pods/log")


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("get", "secrets"),
        ("list", "secrets"),
        ("patch", "deployments.apps"),
        ("create", "pods/exec"),
        ("impersonate", "users"),
    ],
)
def test_the_reader_may_neither_see_secrets_nor_change_anything(
    cluster: ControlPlane, verb: str, resource: str
) -> None:
    assert not _may(cluster, READER, verb, resource)


@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("patch", "deployments.apps", True),
        ("patch", "deployments.apps/scale", True),
        ("patch", "configmaps", True),
        ("patch", "services", True),
        ("patch", "horizontalpodautoscalers.autoscaling", True),
        ("patch", "nodes", True),
        ("patch", "persistentvolumeclaims", False),
        ("delete", "pods", True),
        ("delete", "deployments.apps", False),
        ("get", "secrets", False),
        ("create", "pods", False),
        ("impersonate", "users", False),
    ],
)
def test_the_executor_may_change_what_runbooks_change_and_nothing_else(
    cluster: ControlPlane, verb: str, resource: str, allowed: bool
) -> None:
    assert _may(cluster, EXECUTOR, verb, resource) is allowed


def _may(plane: ControlPlane, who: str, verb: str, resource: str) -> bool:
    resource, _, subresource = resource.partition("/")
    sub = ["--subresource", subresource] if subresource else []
    asked = ["auth", "can-i", verb, resource, *sub, "-A", "--as", who]
    return _kubectl(plane, *asked, check=False).startswith("yes")


def _kubectl(plane: ControlPlane, *words: str, check: bool = True) -> str:
    command = ["kubectl", "--kubeconfig", str(plane.kubeconfig), *words]
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout
