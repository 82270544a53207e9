"""What `make demo` costs: the time to the first prompt, the memory of all its processes, and what it installs.

Floors from the same run: the cluster alone, and of what is installed the programs that no Python can replace.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from practice import planes

HILDA = str(Path(sys.executable).parent / "hilda")
UV = str(Path(sys.executable).parent / "uv")
ROOT = Path(__file__).parent.parent
MIB = 2**20
PROGRAMS = ("kubectl", "bwrap")


def main(clusters: list[planes.Kind], runs: int) -> dict[str, float | str]:
    figures: dict[str, float | str] = {}
    for cluster in clusters:
        began = [start(cluster) for _ in range(runs)]
        alone = [asyncio.run(start_alone(cluster)) for _ in range(runs)]
        figures[f"start to first prompt, {cluster} cluster, s"] = _seconds(began)
        figures[f"floor: the {cluster} cluster alone, s"] = _seconds(alone)
        figures[f"memory of all processes, {cluster} cluster, MiB"] = _memory(began)
        figures[f"floor: those of the {cluster} cluster alone, MiB"] = _memory(alone)
    everything, programs = installed()
    figures["what make demo installs, MiB"] = round(everything / MIB)
    figures["floor: kubectl and bubblewrap alone, MiB"] = round(programs / MIB)
    return figures


def start(cluster: planes.Kind) -> tuple[float, int]:
    """Seconds of the whole process until the person may type, and the bytes that it and its children hold then."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [HILDA, "demo", "--cluster", cluster, "--seed", "5"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    try:
        said = [process.stderr.readline()]
        while not said[-1].startswith("ready after"):
            assert said[-1], f"the demo ended before its first prompt: {''.join(said)}"
            said.append(process.stderr.readline())
        took = time.perf_counter() - began
        time.sleep(2)
        return took, sum(map(_held, _family(process.pid)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


async def start_alone(cluster: planes.Kind) -> tuple[float, int]:
    """The same until the nodes of a bare cluster take pods."""
    began = time.perf_counter()
    plane = await planes.start(cluster)
    try:
        took = time.perf_counter() - began
        await asyncio.sleep(2)
        return took, sum(map(_held, plane.children.pids))
    finally:
        await plane.stop()


def installed() -> tuple[int, int]:
    """Bytes below a fresh environment with the packages of the demo, and those of the programs among them."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": folder, "VIRTUAL_ENV": ""}
        command = [UV, "sync", "--frozen", "--no-dev", "--extra", "demo", "--quiet"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        sizes = {path: path.lstat().st_blocks * 512 for path in Path(folder).rglob("*")}
        return sum(sizes.values()), sum(size for path, size in sizes.items() if path.name in PROGRAMS)


def _seconds(starts: list[tuple[float, int]]) -> float:
    return round(min(seconds for seconds, _ in starts), 1)


def _memory(starts: list[tuple[float, int]]) -> float:
    return round(min(memory for _, memory in starts) / MIB)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _held(pid: int) -> int:
    """Its share of the memory it holds: pages that several processes share are divided among them; 0 if it is over."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except ProcessLookupError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", nargs="+", default=["small", "real"])
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    print(json.dumps(main(given.clusters, given.runs)))
