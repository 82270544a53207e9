"""A process for the race tests: `python -m tests.store.racers ROLE NAME URL KEY`, proposals as JSON on stdin.

It says "ready", waits for one line that starts the race, does what its role does to every proposal, and prints what
came of it as JSON.
"""

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import cast

from domain.people import Person, Role
from store.ledger.decisions import Verdict
from store.record import Store
from tests.store.making import Needs


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


async def main(role: str, name: str, url: str, key: str) -> None:
    store = await Store.open(url, Path(key))
    proposals = [(found, digest) for found, digest in json.loads(sys.stdin.readline())]
    random.Random(name).shuffle(proposals)
    print("ready", flush=True)
    sys.stdin.readline()
    match role.split(":"):
        case ["claim"]:
            done = await _claim(store, name, proposals)
        case ["execute"]:
            done = await _execute(store, name, proposals)
        case [verdict, needed]:
            done = await _decide(store, name, proposals, verdict, int(needed))
    await store.close()
    print(json.dumps(done), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
