"""Events are kept for an hour, as by kube-apiserver."""

import asyncio
from datetime import timedelta

from practice.api import Json
from practice.api_server.store import Store
from practice.api_server.times import now, parsed

_KEPT = timedelta(hours=1)
_EVERY = 60.0


async def forget_old_events(store: Store) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(_EVERY)
        for stored in store.list("events"):
            if now() - parsed(_last(stored.item)) > _KEPT:
                store.remove("events", stored)


def _last(event: Json) -> str:
    series = event.get("series") or {}
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return str(last or event["metadata"]["creationTimestamp"])
