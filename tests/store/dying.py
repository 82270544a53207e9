"""A process that claims and is killed before its Nth statement: `python -m tests.store.dying URL KEY`.

Proposals come as JSON on stdin. The first is claimed by a process that dies before its first statement, the second
before its second, and so on until one lives through; what became of each process is printed as JSON.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from store.inline_sqlite import InlineConnection
from store.record import Store


async def _claim(url: str, key: str, proposal_id: str, digest: str, deadly: int) -> None:
    store = await Store.open(url, Path(key))
    steps = 0

    def die_in_time() -> None:
        nonlocal steps
        steps += 1
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    move_tip = type(store.audit_key).move_tip

    def after_commit(*arguments: Any) -> None:
        die_in_time()
        move_tip(*arguments)

    for kind in (AsyncConnection, InlineConnection):
        kind.execute = _after(die_in_time, kind.execute)  # type: ignore[method-assign]
    type(store.audit_key).move_tip = after_commit  # type: ignore[method-assign]
    assert await store.claims.claim(proposal_id, digest, f"w{deadly}", 0.1)
    await store.close()


def _after(first: Callable[[], None], execute: Callable[..., Any]) -> Callable[..., Any]:
    async def both(*arguments: Any, **named: Any) -> Any:
        first()
        return await execute(*arguments, **named)

    return both


def main(url: str, key: str) -> None:
    ends = []
    for deadly, (proposal_id, digest) in enumerate(json.loads(sys.stdin.readline()), start=1):
        child = os.fork()
        if child == 0:
            asyncio.run(_claim(url, key, proposal_id, digest, deadly))
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if ends[-1] != -signal.SIGKILL:
            break
    print(json.dumps(ends))


if __name__ == "__main__":
    main(*sys.argv[1:])
