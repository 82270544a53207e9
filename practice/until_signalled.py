"""A process of practice's own: it works until a signal ends it, and ends without a word."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine


def run_until_signalled(work: Coroutine[object, object, None]) -> None:
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_until_signalled(work))


async def _until_signalled(work: Coroutine[object, object, None]) -> None:
    this = asyncio.current_task()
    assert this
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    await work
