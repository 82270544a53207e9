"""Executors as real processes, which tests start, stop and kill by id."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from hands.settings import allowed_environment

ROOT = Path(__file__).parents[2]
_numbers = count(1)


@dataclass(frozen=True)
class Somebody:
    """An ordinary user, with an interpreter and packages that this user can read."""

    uid: int
    gid: int
    python: str
    environment: dict[str, str]

    @property
    def identity(self) -> dict[str, Any]:
        """For subprocess."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass
class ExecutorProcess:
    process: asyncio.subprocess.Process
    reached: Path
    log: Path

    async def until_reached(self, seconds: float = 30) -> None:
        """Wait until it stands at its barrier."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(self.reached.exists):
                assert self.process.returncode is None, await asyncio.to_thread(self.log.read_text)
                await asyncio.sleep(0.03)

    async def kill(self) -> None:
        """SIGKILL, by id: it gets no chance to say anything."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and wait until it has finished what it was doing."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.process.wait()


@contextlib.asynccontextmanager
async def executor_process(
    folder: Path,
    *,
    url: str,
    key: Path,
    kubeconfig: Path,
    barrier: str = "",
    lease: float = 2.0,
    somebody: Somebody | None = None,
) -> AsyncIterator[ExecutorProcess]:
    """One more executor, as us or as somebody else; killed at the end of the block if it still runs."""
    number = next(_numbers)
    log, reached = folder / f"executor-{number}.log", folder / f"reached-{number}"
    environment = {
        **allowed_environment(os.environ),
        "DATABASE_URL": url,
        "HILDA_AUDIT_KEY_FILE": str(key),
        "KUBECONFIG": str(kubeconfig),
        "PYTHONPATH": str(ROOT),
        **(somebody.environment if somebody else {}),
    }
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            somebody.python if somebody else sys.executable,
            "-m",
            "tests.hands.executor_process",
            barrier,
            str(reached),
            str(lease),
            env=environment,
            cwd=folder,
            stdout=file,
            stderr=file,
            **(somebody.identity if somebody else {}),
        )
    try:
        yield ExecutorProcess(process, reached, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
