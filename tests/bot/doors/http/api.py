"""The whole HTTP door over a store of its own, with a worker whose answers are made up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
from fastapi import FastAPI

from bot.dispatcher import Dispatcher
from bot.doors.http.alerts import alerts_router
from bot.doors.http.api import api_routers
from bot.doors.http.senders import Senders
from bot.doors.http.service import service
from bot.worker import Worker
from domain.people import Role
from store.record import Store
from tests.bot.doors.slack.made_up import CLUSTER, Answering


@dataclass
class Api:
    store: Store
    app: FastAPI
    client: httpx.AsyncClient
    answering: Answering
    worker: Worker

    async def key(self, role: Role = Role.viewer, name: str = "ci", lasts: timedelta | None = None) -> dict[str, str]:
        """The header of a new key."""
        return bearer((await self.store.keys.make(name, role, "test", lasts=lasts)).secret)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@asynccontextmanager
async def open_api(
    folder: Path, *, a_minute: int = 6000, open_metrics: bool = False, chat_seconds: float = 20.0, working: bool = True
) -> AsyncIterator[Api]:
    store = await Store.open(f"sqlite:///{folder / 'state' / 'hilda.db'}", folder / "keys" / "audit.key")
    answering = Answering()
    worker = Worker(store, cast("Dispatcher", answering), "test", CLUSTER, 5.0)
    routers = api_routers(
        store,
        CLUSTER,
        worker.wake,
        runbooks=12,
        a_minute=a_minute,
        open_metrics=open_metrics,
        chat_seconds=chat_seconds,
    )

    async def receive(batch, source):  # type: ignore[no-untyped-def]
        return await store.alerts.receive(batch, source, cluster=CLUSTER)

    async def troubles() -> Mapping[str, str]:
        return {}

    app = service(troubles, {}, [alerts_router(receive, Senders(token="alerts")), *routers])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    work = asyncio.create_task(worker.run()) if working else None
    async with httpx.AsyncClient(transport=transport, base_url="http://hilda", timeout=30) as client:
        yield Api(store, app, client, answering, worker)
    if work is not None:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    await store.close()
