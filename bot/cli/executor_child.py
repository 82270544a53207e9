"""An executor of our own for as long as a practice lasts: a process beside us, with only what it may know."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import bot
from bot.settings import Settings
from hands.settings import allowed_environment

PATIENCE = 15.0
_PR_SET_PDEATHSIG = 1


@asynccontextmanager
async def executor_child(settings: Settings, kubeconfig: Path, context: str, log: Path) -> AsyncIterator[None]:
    """The executor runs inside this block; what it writes goes to `log`."""
    environment = {
        **allowed_environment(os.environ),
        "DATABASE_URL": settings.database,
        "HILDA_AUDIT_KEY_FILE": str(settings.audit_key),
        "KUBECONFIG": str(kubeconfig),
        "HILDA_CONTEXT": context,
        "ALERTMANAGER_URL": settings.alertmanager_url,
        "PYTHONPATH": str(Path(str(bot.__file__)).parent.parent),
        "PYTHONSAFEPATH": "1",
    }
    with log.open("wb") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.cli",
            "executor",
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the conversation is not for the executor.
            preexec_fn=end_with_parent,
        )
        try:
            yield
        finally:
            await _end(child)


_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """In the child: SIGTERM when the parent dies, however it dies. Nothing approved runs on without its practice."""
    if sys.platform != "linux":
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), PATIENCE)
    except TimeoutError:
        child.kill()
        await child.wait()
