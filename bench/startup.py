"""What `hilda --help` costs, beside a Python that does nothing. Whole processes, best of several."""

import json
import subprocess
import sys
import time
from pathlib import Path

RUNS = 7
HILDA = str(Path(sys.executable).parent / "hilda")


def main() -> dict[str, float]:
    return {
        "hilda --help, s": best([HILDA, "--help"]),
        "floor: python -c pass, s": best([sys.executable, "-c", "pass"]),
        "floor: python -c 'import typer', s": best([sys.executable, "-c", "import typer"]),
    }


def best(command: list[str]) -> float:
    """Seconds of the fastest run, output thrown away."""
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        took.append(time.perf_counter() - began)
    return round(min(took), 3)


if __name__ == "__main__":
    print(json.dumps(main()))
