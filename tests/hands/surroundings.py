"""What several tests of acting need around a script."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from domain.sandbox import ENVIRONMENT, INTERPRETER, SANDBOX_PROFILE, WORKING_DIRECTORY
from hands.profile import Surroundings

AROUND = Surroundings(SANDBOX_PROFILE, INTERPRETER, WORKING_DIRECTORY, ENVIRONMENT, timeout_seconds=30)


@contextlib.asynccontextmanager
async def nobody_listens() -> AsyncIterator[Path]:
    """A socket whose other end hangs up at once, for scripts that need no API."""
    folder = Path(tempfile.mkdtemp(prefix="hilda-test-"))
    server = await asyncio.start_unix_server(lambda _, writer: writer.close(), folder / "api.sock")
    try:
        async with server:
            yield folder / "api.sock"
    finally:
        shutil.rmtree(folder)


def processes_with(mark: str) -> list[str]:
    """Ids of processes that carry `mark` as an argument of their own."""
    found = []
    for commandline in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in commandline.read_bytes() and commandline.parent.name != str(os.getpid()):
                found.append(commandline.parent.name)
    return found


async def until_there_are(number: int, mark: str) -> None:
    """Wait until so many processes carry the mark."""
    for _ in range(500):
        if len(processes_with(mark)) >= number:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{number} processes with {mark} did not appear")
