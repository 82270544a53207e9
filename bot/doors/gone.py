"""Who asked where nothing can be said any more hears it in the conversation of their own, once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot import outbox
from bot.doors.failures import Gone
from domain.cards import Text, card
from domain.messages import Reply
from domain.people import Person
from domain.wire import reply_from_json
from store.record import Store
from store.work.outbox import Outgoing

log = structlog.get_logger()


@dataclass
class TellWhoAsked:
    store: Store
    door: str
    channel_of: Callable[[str], str]
    """The platform's id of the channel or chat that a conversation is in."""
    own: Callable[[Person], Awaitable[str]]
    """The conversation of one person alone, "" where there is none."""
    what_to_do: Callable[[str, str], str]
    """A sentence by the platform's error and the channel, "" where nothing is worth saying."""
    _told: set[tuple[str, str]] = field(default_factory=set)

    async def __call__(self, held: Outgoing, gone: Gone) -> None:
        """Once for each channel and reason."""
        channel = self.channel_of(held.conversation)
        if (channel, gone.error) not in self._told:
            self._told.add((channel, gone.error))
            log.warning("nothing can be said in a channel any more", channel=channel, why=str(gone))
        asker, words = await self._asker(held), self.what_to_do(gone.error, channel)
        own = await self.own(asker) if asker is not None and words else ""
        if not own or self.channel_of(own) == channel:
            return
        told = card("I cannot answer there", Text(words), tone="warning")
        await outbox.put(self.store, own, Reply(told, key=f"{self.door}:gone:{gone.error}:{channel}"))

    async def _asker(self, held: Outgoing) -> Person | None:
        reply = reply_from_json(held.payload)
        if reply.person is not None:
            return reply.person if reply.person.platform == self.door else None
        for said in reversed(await self.store.conversations.recent(held.conversation)):
            if said.who.startswith(f"{self.door}:"):
                return Person.parse(said.who)
        return None
