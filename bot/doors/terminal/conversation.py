"""What the chat's user interface needs of whatever stands behind it, and nothing more."""

from collections.abc import AsyncIterator
from typing import Protocol

from domain.messages import Incoming, Reply


class Conversation(Protocol):
    """One person's end of one conversation."""

    async def send(self, incoming: Incoming) -> None:
        """Hand over what was typed; returns when the turn is over and `replies` has given all of its replies."""

    def replies(self) -> AsyncIterator[Reply]:
        """Everything for this person as it happens: answers, updates, what other people and the executor did."""

    async def cancel(self) -> None:
        """Stop the turn that `send` waits for; the conversation goes on. Nothing happens where none is under way."""

    async def settle(self) -> None:
        """Wait until every script approved in this conversation has its outcome."""
