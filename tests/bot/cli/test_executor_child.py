"""The executor of a practice ends with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.bot.cli.conftest import ROOT

PARENT = """
import subprocess, sys, time
from bot.cli.executor_child import end_with_parent
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], preexec_fn=end_with_parent)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    """SIGKILL gives a parent no time to clean up; the child goes all the same."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    end = time.monotonic() + 10
    while running(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not running(child)


def running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
