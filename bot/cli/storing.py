"""The store for one command: opened, used, closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    from store.record import Store


@asynccontextmanager
async def open_store(settings: Settings) -> "AsyncIterator[Store]":
    from store.record import Store

    store = await Store.open(settings.database, settings.audit_key)
    try:
        yield store
    finally:
        await store.close()
