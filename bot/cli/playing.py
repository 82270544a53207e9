"""A practice incident played to its end by two made-up people, with a transcript."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from rich.text import Text

from bot.doors.terminal.conversation import Conversation
from bot.doors.terminal.keys import keys_of
from bot.doors.terminal.listener import Listener
from bot.doors.terminal.posts import is_progress
from bot.doors.terminal.screen import Screen
from domain.cards import Action, Card
from domain.messages import Incoming, Reply
from domain.people import Person

MOST_STEPS = 6
PATIENCE = 300.0
"""Seconds for one turn, or for a script and its verification."""


@dataclass
class Play:
    """One conversation that two people look at; the first asks and climbs, the second approves."""

    conversation: Conversation
    listener: Listener
    screen: Screen
    approver: Person
    _newest: Card | None = None
    """What was said last; an older card's buttons are not an offer any more."""

    async def run(self, question: str) -> None:
        """Ask, climb as far as it goes, have it approved, wait for the outcome."""
        showing = asyncio.create_task(self._show())
        try:
            async with asyncio.timeout(PATIENCE):
                await self._say(question)
            for _ in range(MOST_STEPS):
                if self._offers("approve"):
                    await self._approve()
                    return
                if not self._offers("next_level"):
                    return
                async with asyncio.timeout(PATIENCE):
                    await self._say("next")
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing

    async def _approve(self) -> None:
        other = self.listener.as_another(self.approver, self.approver.id)
        async with asyncio.timeout(PATIENCE):
            await self._send(self.approver.id, "approve", other.hear("approve"))
            await self.conversation.settle()

    async def _say(self, text: str) -> None:
        await self._send(self.listener.practice_identity, text, self.listener.hear(text))

    async def _send(self, who: str, text: str, incoming: Incoming) -> None:
        self.screen.console.print()
        self.screen.console.print(Text.assemble((f"{who}> ", "bold magenta"), (text, "bold")))
        with self.screen.turn():
            await self.conversation.send(incoming)

    async def _show(self) -> None:
        async for reply in self.conversation.replies():
            self._saw(reply)

    def _saw(self, reply: Reply) -> None:
        self.listener.saw(reply)
        self.screen.show(reply)
        if not is_progress(reply.card):
            self._newest = reply.card

    def _offers(self, action: Action) -> bool:
        return self._newest is not None and any(key.choice.action == action for key in keys_of(self._newest))
