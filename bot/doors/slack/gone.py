"""Who asked in a channel that takes nothing from us any more hears it in their direct conversation, once."""

from dataclasses import dataclass, field

import structlog

from bot import outbox
from bot.doors.failures import Gone
from bot.doors.slack.conversations import DOOR, Place
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
    _told: set[tuple[str, str]] = field(default_factory=set)

    async def __call__(self, held: Outgoing, gone: Gone) -> None:
        """Once for each channel and reason."""
        place = Place.parse(held.conversation)
        if (place.channel, gone.error) not in self._told:
            self._told.add((place.channel, gone.error))
            log.warning("nothing can be said in a channel any more", channel=place.channel, why=str(gone))
        asker = await self._asker(held)
        if place.direct or asker is None or gone.error == "thread_not_found":
            return
        told = card("I cannot answer there", Text(_what_to_do(gone.error, place.channel)), tone="warning")
        key = f"slack:gone:{gone.error}:{place.channel}"
        await outbox.put(self.store, Place(place.team, asker.id).conversation, Reply(told, key=key))

    async def _asker(self, held: Outgoing) -> Person | None:
        reply = reply_from_json(held.payload)
        if reply.person is not None:
            return reply.person if reply.person.platform == DOOR else None
        for said in reversed(await self.store.conversations.recent(held.conversation)):
            if said.who.startswith(f"{DOOR}:"):
                return Person.parse(said.who)
        return None


def _what_to_do(error: str, channel: str) -> str:
    answer = f"I have an answer to what was asked in [a channel](https://slack.com/app_redirect?channel={channel})"
    match error:
        case "not_in_channel" | "channel_not_found":
            return f"{answer}, but I am not in it. Type `/invite @hilda` there, then ask again."
        case "is_archived" | "is_inactive":
            return f"{answer}, but it is archived. Ask me here, or in another channel."
        case _:
            return f"{answer}, but Slack does not let me post there ({error}). Ask me here instead."
