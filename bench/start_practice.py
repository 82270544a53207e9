"""What `make demo` costs: the time to the first prompt, the memory of all its processes, and what it installs."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HILDA = str(Path(sys.executable).parent / "hilda")
UV = str(Path(sys.executable).parent / "uv")
ROOT = Path(__file__).parent.parent
MIB = 2**20


def main(clusters: list[str], runs: int) -> dict[str, float | str]:
    figures: dict[str, float | str] = {}
    for cluster in clusters:
        began = [start(cluster) for _ in range(runs)]
        figures[f"start to first prompt, {cluster} cluster, s"] = round(min(seconds for seconds, _ in began), 1)
        figures[f"memory of all processes, {cluster} cluster, MiB"] = round(min(memory for _, memory in began) / MIB)
    figures["what make demo installs, MiB"] = round(installed() / MIB)
    return figures


def start(cluster: str) -> tuple[float, int]:
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
        while not (line := process.stderr.readline()).startswith("ready after"):
            assert line, "the demo ended before its first prompt"
        took = time.perf_counter() - began
        time.sleep(2)
        return took, sum(map(_held, _family(process.pid)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def installed() -> int:
    """Bytes below a fresh environment with the packages of the demo."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": folder, "VIRTUAL_ENV": ""}
        command = [UV, "sync", "--frozen", "--no-dev", "--extra", "demo", "--quiet"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return sum(path.lstat().st_blocks * 512 for path in Path(folder).rglob("*"))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _held(pid: int) -> int:
    """Its share of the memory it holds: pages that several processes share are divided among them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", nargs="+", default=["small", "real"])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print(json.dumps(main(given.clusters, given.runs)))
