"""From the outbox to a platform: what a process is saying it does not begin to say again."""

import asyncio
from pathlib import Path

import pytest

from bot import outbox
from bot.doors.delivery import Delivery
from bot.doors.failures import Gone
from domain.cards import Text, card
from domain.messages import Reply
from store.record import Store
from store.work.outbox import Outbox, Outgoing


class Slow:
    """Says a thing once it may."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.may = asyncio.Event()

    async def say(self, held: Outgoing, _reply: Reply) -> str:
        self.begun.append(held.key)
        await self.may.wait()
        return "post"


async def test_what_is_being_said_is_not_begun_again_where_renewing_came_too_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that gets no time for its own timers must not say the same thing twice for that."""

    async def late(_self: Outbox, _keys: tuple[str, ...], _seconds: float) -> None:
        return

    async def yes() -> bool:
        return True

    async def nobody(_held: Outgoing, _gone: Gone) -> None:
        return

    monkeypatch.setattr("bot.doors.delivery.LEASE_SECONDS", 0.1)
    monkeypatch.setattr(Outbox, "renew", late)
    store = await Store.open(f"sqlite:///{tmp_path}/data/hilda.db", tmp_path / "keys" / "audit.key")
    slow = Slow()
    delivery = Delivery(store, "teams", slow, yes, nobody)
    running = asyncio.create_task(delivery.run())

    await outbox.put(store, "teams:t:a:", Reply(card("Once", Text("only")), key="once"))
    async with asyncio.timeout(10):
        while not slow.begun:
            await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    slow.may.set()
    async with asyncio.timeout(10):
        await delivery.drained()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()

    assert slow.begun == ["once"]
