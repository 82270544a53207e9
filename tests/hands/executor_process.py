"""An executor as a process of its own that can be stopped at a named barrier: `python -m tests.hands.executor_process`.

Arguments: the barrier's name ("" for none) and a file. On reaching it the process writes the file and waits there.
"""

import asyncio
import logging
import sys
from pathlib import Path

from hands.executor import run_executor
from hands.settings import load_settings
from hands.verification import Patience


async def main(name: str, file: str, lease: str) -> None:
    async def barrier(reached: str) -> None:
        if reached == name:
            await asyncio.to_thread(Path(file).write_text, reached)
            await asyncio.sleep(3600)

    await run_executor(
        load_settings(), patience=Patience(seconds=10.0, pause=0.3), lease_seconds=float(lease), barrier=barrier
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(process)d %(message)s")
    asyncio.run(main(*sys.argv[1:]))
