"""The processes of a bench: each with only the settings that it is given, and gone at the end."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_OURS = ("SLACK_", "TEAMS_", "HILDA_", "OPENAI_")


@asynccontextmanager
async def running(
    command: Sequence[str], settings: Mapping[str, str], log: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Python with these arguments; with stdout for us, or both of its outputs in a file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with contextlib.ExitStack() as files:
        output: Any = files.enter_context(log.open("wb")) if log else asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            env={**kept, **settings},
            stdout=output,
            stderr=output if log else None,
            limit=2**28,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def tell(step: str) -> None:
    print(f"· {step}", flush=True)
