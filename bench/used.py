"""What a process under load has used: memory at its peak in MB, CPU in seconds."""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Used:
    """What a process has used, as the kernel says."""

    process: asyncio.subprocess.Process
    peak_mb: float = 0.0
    cpu_seconds: float = 0.0
    """Since `begin`, or else since it was started."""
    _before: float = 0.0

    def begin(self) -> None:
        """What it has used of the CPU up to now does not count."""
        self.look()
        self._before += self.cpu_seconds
        self.look()

    def look(self) -> None:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            found = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
            self.peak_mb = int(found.split()[1]) / 1024 if found else self.peak_mb
            times = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            self.cpu_seconds = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK") - self._before
