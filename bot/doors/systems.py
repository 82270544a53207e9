"""How the systems are that Hilda looks at and acts with, told in a few words each."""

import asyncio
from collections.abc import Awaitable

from domain.errors import HildaError
from graphs.desk import Desk
from store.heartbeat import executors, why_nobody_runs

SECONDS = 1.2
"""How long each may take to say that it is there."""


async def systems(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Name and state of each."""
    names = ("Kubernetes", "Prometheus", "Language model", "Executor")
    states = (_kubernetes(desk), _prometheus(desk), _model(desk), _executor(desk))
    return tuple(zip(names, await asyncio.gather(*map(_in_time, states)), strict=True))


async def _in_time(state: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(state, SECONDS)
    except TimeoutError:
        return f"gives no answer in {SECONDS:g} s"
    except HildaError as trouble:
        return str(trouble).replace("`", "")


async def _kubernetes(desk: Desk) -> str:
    await desk.kube.items("Namespace", None, seconds=SECONDS)
    return f"answers, {desk.kube.context}"


async def _prometheus(desk: Desk) -> str:
    if desk.metrics is None:
        return "not set up; PROMETHEUS_URL shows me latency, errors and saturation"
    await desk.metrics.instant("vector(1)", desk.clock())
    return "answers"


async def _model(desk: Desk) -> str:
    return "none; the words are my own" if desk.model is None else "set up"


async def _executor(desk: Desk) -> str:
    now = desk.clock()
    alive = await executors(desk.store, desk.cluster, now)
    if alive:
        return f"{len(alive)} alive"
    return (await why_nobody_runs(desk.store, desk.cluster, now) or "about to be there").replace("`", "")
