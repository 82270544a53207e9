"""The control planes of practice end, and nothing of them stays."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from practice import programs
from practice.control_plane import ControlPlane
from practice.small_plane import SmallPlane
from tests.needs import needs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

PLANES = [(ControlPlane, 5), (SmallPlane, 3)]
"""And the processes of each, the kubelet's among them."""


@pytest.mark.parametrize(("kind", "processes"), PLANES)
async def test_nothing_is_left_after_stop(kind: type[ControlPlane | SmallPlane], processes: int) -> None:
    """No process, and no folder if it was a temporary one."""
    if kind is ControlPlane:
        needs(*programs.CONTROL_PLANE)
    plane = await kind.start(nodes=1)
    pids = plane.children.pids

    await plane.stop()

    assert len(pids) == processes
    assert not any(map(_alive, pids))
    assert not plane.folder.exists()


@pytest.mark.parametrize(("kind", "processes"), PLANES)
async def test_nothing_survives_a_killed_parent(
    tmp_path: Path, kind: type[ControlPlane | SmallPlane], processes: int
) -> None:
    """SIGKILL leaves no time to tidy up; the kernel does it."""
    if kind is ControlPlane:
        needs(*programs.CONTROL_PLANE)
    code = (
        "import asyncio, pathlib, sys, time\n"
        f"from {kind.__module__} import {kind.__name__} as Plane\n"
        "plane = asyncio.run(Plane.start(pathlib.Path(sys.argv[1])))\n"
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
    assert before == [True] * processes
    assert not any(map(_alive, pids))


def _alive(pid: int) -> bool:
    """Running, and not just waiting for somebody to ask how it ended."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
