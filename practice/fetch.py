"""Where the control plane's programs are missing but kwokctl is here: let it fetch them, once."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from practice import programs
from practice.children import ChildFailed


async def control_plane_programs() -> dict[str, Path]:
    """The programs' paths, fetched if need be; MissingPrograms when there is no way to get them."""
    try:
        return programs.find(programs.CONTROL_PLANE)
    except programs.MissingPrograms:
        kwokctl = programs.where("kwokctl")
        if kwokctl is None:
            raise
    await _let_kwokctl_fetch(kwokctl, programs.fetched())
    return programs.find(programs.CONTROL_PLANE)


async def _let_kwokctl_fetch(kwokctl: Path, into: Path) -> None:
    """kwokctl gets programs only for a cluster, so it makes one, which is deleted again."""
    with tempfile.TemporaryDirectory(prefix="practice-kwok-") as place:
        environment = {**os.environ, "KWOK_WORKDIR": place, "KUBECONFIG": str(Path(place) / "kubeconfig")}
        try:
            await _run(kwokctl, ["create", "cluster", "--name", "fetch", "--runtime", "binary"], environment)
            source = Path(place) / "clusters" / "fetch" / "bin"
            await asyncio.to_thread(_keep, source, into)
        finally:
            await _run(kwokctl, ["delete", "cluster", "--name", "fetch"], environment)


def _keep(source: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for name in programs.CONTROL_PLANE:
        draft = into / f".{name}.{os.getpid()}"
        shutil.copy(source / name, draft)
        draft.rename(into / name)


async def _run(kwokctl: Path, words: list[str], environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        kwokctl, *words, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        last = "\n".join(said.decode(errors="replace").splitlines()[-5:])
        raise ChildFailed(f"kwokctl {' '.join(words)} ended with {process.returncode}:\n{last}")
