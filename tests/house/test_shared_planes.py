"""What one test module leaves on a shared control plane, the next one does not find."""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETTINGS = """
import pytest

# The small one starts sooner; who tidies up does not know which it is.
@pytest.fixture(scope="session")
def shared_control_plane(shared_small_plane):
    return shared_small_plane
"""
LEAVES = """
from practice.api import Api

async def test_something_is_left({plane}):
    front = {{"selector": {{"app": "wbe"}}, "ports": [{{"port": 80}}]}}
    async with Api({plane}.kubeconfig) as api:
        await api.create({{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{space}"}}}})
        for space in ("{space}", "default"):
            meta = {{"name": "web", "namespace": space}}
            await api.create({{"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": front}})
        await api.create({{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {{"name": "left"}}, "spec": {{
            "capacity": {{"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"], "hostPath": {{"path": "/data"}}}}}})
"""
LOOKS = """
from practice.api import Api, path_of

async def test_nothing_is_found({plane}):
    async with Api({plane}.kubeconfig) as api:
        found = await api.items(path_of("v1", "Service")) + await api.items(path_of("v1", "PersistentVolume"))
        space = await api.find(path_of("v1", "Namespace", name="{space}"))
        shop = await api.find(path_of("v1", "Namespace", name="default"))
    assert sorted(each["metadata"]["name"] for each in found) == ["kubernetes", "metrics-server"]
    assert space is None or "deletionTimestamp" in space["metadata"]
    assert shop is not None
"""


async def test_a_module_finds_the_shared_planes_as_the_one_before_it_did(tmp_path: Path) -> None:
    """Services without pods, namespaces and volumes of another module look like trouble to who asks what is wrong."""
    (tmp_path / "conftest.py").write_text(SETTINGS)
    for plane, space in (("control_plane", "first"), ("small_plane", "second")):
        (tmp_path / f"test_{plane}_1.py").write_text(LEAVES.format(plane=plane, space=space))
        (tmp_path / f"test_{plane}_2.py").write_text(LOOKS.format(plane=plane, space=space))

    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.conftest", "-p", "no:cacheprovider"),
        *("-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, tmp_path),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await run.communicate()

    assert run.returncode == 0, said.decode()
    assert b"4 passed" in said
