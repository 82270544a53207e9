"""What programs may ask of Hilda, put together: reading, chat, metrics."""

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter

from bot.doors.http.callers import Callers
from bot.doors.http.chat import Asking, chat_router
from bot.doors.http.reading import Vitals, reading_router
from store.figures import figures
from store.heartbeat import executors
from store.record import Store

CHAT_SECONDS = 60.0
"""How long a question is waited for."""


def api_routers(
    store: Store,
    cluster: str,
    wake: Callable[[], None],
    *,
    runbooks: int,
    a_minute: int,
    open_metrics: bool = False,
    chat_seconds: float = CHAT_SECONDS,
) -> list[APIRouter]:
    """`wake`: there is work for a worker; `a_minute`: requests that one key may make."""
    callers = Callers(store.keys, a_minute)

    async def seen() -> Vitals:
        alive = await executors(store, cluster, datetime.now(UTC))
        return Vitals(figures=await figures(store.database), executors=len(alive), runbooks=runbooks)

    return [
        reading_router(store.incidents, callers, seen, open_metrics=open_metrics),
        chat_router(Asking(store, cluster, wake, chat_seconds), callers),
    ]
