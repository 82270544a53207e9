"""Child processes that never outlive us: not after an error, not after Ctrl-C, not after a SIGKILL."""

import asyncio
import atexit
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


class ChildFailed(Exception):
    """A program that practice needs did not start or ended by itself; the text holds its last lines."""


class Children:
    """Programs started together and stopped together, newest first.

    Linux ends a child when the *thread* that started it ends, so start them from a thread that stays.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        atexit.register(self.kill)

    def start(self, command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> int:
        """Start one program, with its output in `<folder>/<program>.log`; its process id."""
        name = Path(command[0]).name if "-m" not in command else str(command[list(command).index("-m") + 1])
        with self.log_of(name).open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                # A group of its own: the terminal's Ctrl-C reaches us alone, and we end the children in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self._running.append((name, process))
        return process.pid

    def start_module(self, module: str, flags: Mapping[str, object]) -> int:
        """Start one of practice's own processes: `python -m module --flag value ...`; its process id."""
        words = [str(word) for pair in flags.items() for word in pair]
        environment = {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONSAFEPATH": "1"}
        return self.start([sys.executable, "-m", module, *words], environment=environment)

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    @property
    def pids(self) -> list[int]:
        return [process.pid for _, process in self._running]

    def check(self) -> None:
        """ChildFailed as soon as one of them is gone."""
        for name, process in self._running:
            if process.poll() is not None:
                raise ChildFailed(f"{name} ended with {process.returncode}. Its last lines:\n{self._last_lines(name)}")

    async def stop(self, seconds: float = 0.5) -> None:
        """End all of them, politely first; nothing here is worth a long goodbye."""
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + seconds
        for _, process in self._running:
            remaining = max(deadline - time.monotonic(), 0.01)
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, remaining)
        self.kill()

    def kill(self) -> None:
        """End all of them at once; also runs at exit."""
        for _, process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._running.clear()
        atexit.unregister(self.kill)

    def _last_lines(self, name: str) -> str:
        return "\n".join(self.log_of(name).read_text(errors="replace").splitlines()[-8:])


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on right now."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Runs in the child before its program: Linux ends it when we are gone, whatever ended us."""
    if sys.platform != "linux":
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        os._exit(1)
