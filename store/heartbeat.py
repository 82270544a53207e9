"""Says that an executor is alive, and tells others who is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from store.record import Store

EVERY = 15.0
_ROWS_BACK = 2000


@dataclass(frozen=True, slots=True)
class Alive:
    worker: str
    cluster: str
    context: str
    sandbox: str
    at: datetime


def topic(cluster: str) -> str:
    return f"executor:{cluster}"


async def beat(store: Store, worker: str, cluster: str, context: str, sandbox: str) -> None:
    payload = {"worker": worker, "context": context, "sandbox": sandbox}
    await store.journal.append(topic(cluster), "alive", payload)


async def stopped(store: Store, worker: str, cluster: str) -> None:
    await store.journal.append(topic(cluster), "stopped", {"worker": worker})


async def coming(store: Store, worker: str, cluster: str) -> None:
    """Whoever starts an executor says so: it is alive in a moment, or says why not."""
    await store.journal.append(topic(cluster), "coming", {"worker": worker})


async def cannot(store: Store, worker: str, cluster: str, why: str) -> None:
    """An executor that would be here says why it is not."""
    await store.journal.append(topic(cluster), "cannot", {"worker": worker, "why": why})


async def why_nobody_runs(store: Store, cluster: str, now: datetime) -> str:
    """What keeps approved scripts waiting on this cluster; "" while an executor is alive or about to be."""
    if await executors(store, cluster, now):
        return ""
    since = max(0, await store.journal.newest() - _ROWS_BACK)
    why = "No executor is alive for this cluster; `hilda executor` starts one."
    for entry in await store.journal.since(since, [topic(cluster)], most=_ROWS_BACK):
        match entry.event:
            case "cannot":
                why = str(entry.payload["why"])
            case "coming" if now - entry.at < timedelta(seconds=3 * EVERY):
                why = ""
    return why


async def executors(store: Store, cluster: str, now: datetime) -> tuple[Alive, ...]:
    """Executors of a cluster that were heard within three beats and have not said goodbye."""
    since = max(0, await store.journal.newest() - _ROWS_BACK)
    heard: dict[str, Alive] = {}
    for entry in await store.journal.since(since, [topic(cluster)], most=_ROWS_BACK):
        worker = str(entry.payload["worker"])
        heard.pop(worker, None)
        if entry.event == "alive":
            context, sandbox = str(entry.payload["context"]), str(entry.payload["sandbox"])
            heard[worker] = Alive(worker, cluster, context, sandbox, entry.at)
    return tuple(one for one in heard.values() if now - one.at < timedelta(seconds=3 * EVERY))
