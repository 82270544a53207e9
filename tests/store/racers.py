"""The processes of the race tests: `python -m tests.store.racers URL KEY ROLE...`, proposals as JSON on stdin.

One process for each role opens the store; when all are ready they go at the same moment, and each does what its role
does to every proposal. What came of it is printed as JSON, a list for each.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, cast

from domain.people import Person, Role
from store.ledger.decisions import Verdict
from store.record import Store
from tests.store.making import Needs

Start: TypeAlias = Callable[[], None]
"""Says that one is ready, and comes back when all go."""


async def _claim(store: Store, name: str, proposals: list[tuple[str, str]]) -> list[str]:
    """Try to claim every one of them, once."""
    return [found for found, digest in proposals if await store.claims.claim(found, digest, name, 60)]


async def _execute(store: Store, name: str, proposals: list[tuple[str, str]]) -> list[str]:
    """Claim whatever is claimable until nobody decides any more."""
    digests, won, idle = dict(proposals), [], 0
    while idle < 40:
        offered = await store.claims.claimable("c1")
        claimed = [found for found in offered if await store.claims.claim(found, digests[found], name, 60)]
        won += claimed
        idle = 0 if offered else idle + 1
        await asyncio.sleep(0.05 if not offered else 0)
    return won


async def _decide(store: Store, name: str, proposals: list[tuple[str, str]], verdict: str, needed: int) -> list[str]:
    """Say the same to every one of them; the ids where it counted."""
    person, counted = Person("slack", "T1", name), []
    for found, digest in proposals:
        result = await store.decisions.decide(
            found, digest[:12], person, cast("Verdict", verdict), "", Role.operator, Needs(needed)
        )
        if result.accepted:
            counted.append(found)
    return counted


async def _race(role: str, name: str, url: str, key: str, proposals: list[tuple[str, str]], start: Start) -> list[str]:
    store = await Store.open(url, Path(key))
    random.Random(name).shuffle(proposals)
    start()
    match role.split(":"):
        case ["claim"]:
            done = await _claim(store, name, proposals)
        case ["execute"]:
            done = await _execute(store, name, proposals)
        case [verdict, needed]:
            done = await _decide(store, name, proposals, verdict, int(needed))
    await store.close()
    return done


def main(url: str, key: str, *roles: str) -> None:
    """All imports are done once; the processes are copies of this one."""
    proposals = [(found, digest) for found, digest in json.loads(sys.stdin.readline())]
    gone, go = os.pipe()
    racers = []
    for number, role in enumerate(roles):
        said, say = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            with os.fdopen(say, "w") as told:

                def start() -> None:
                    print("ready", file=told, flush=True)
                    os.read(gone, 1)

                name = f"{role.partition(':')[0]}-{number}"
                json.dump(asyncio.run(_race(role, name, url, key, proposals, start)), told)
            os._exit(0)
        os.close(say)
        racers.append((child, os.fdopen(said)))
    assert [told.readline() for _, told in racers] == ["ready\n"] * len(racers)
    os.close(go)
    print(json.dumps([json.loads(told.read()) for _, told in racers]))
    assert [os.waitpid(child, 0)[1] for child, _ in racers] == [0] * len(racers)


if __name__ == "__main__":
    main(*sys.argv[1:])
