"""One reply on its way into Teams: posted, or shown where an earlier one stood.

Teams lets nobody read back what was posted. A post whose answer was lost may therefore stand twice; what was said to
have been posted never does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.doors.failures import Gone, Refused, Unpresentable
from bot.doors.progress import is_under_way
from bot.doors.teams.addresses import Address, Addresses
from bot.doors.teams.calls import Calls
from bot.doors.teams.feedback import with_thumbs
from bot.doors.teams.names import with_names
from bot.doors.teams.pace import Pace
from bot.doors.teams.places import Place
from bot.doors.teams.posted import Posted
from bot.doors.teams.render.card import Post, draw
from bot.doors.teams.render.plain import plain
from bot.doors.teams.showing import Showing
from bot.doors.teams.stopping import with_stop
from bot.doors.teams.streaming import StoppedByPerson, Streaming
from bot.doors.teams.views import Views
from domain.cards import Card
from domain.conversations import opener
from domain.messages import Reply
from domain.people import Person
from store.work.outbox import Outgoing

log = structlog.get_logger()


@dataclass
class Posting:
    calls: Calls
    addresses: Addresses
    post_of: Callable[[str], Awaitable[str]]
    """What a key became here, "" while it became nothing."""
    views: Views
    stop: Callable[[str], Awaitable[None]]
    """Stop the work for a conversation."""
    pace: Pace = field(default_factory=Pace)
    streaming: Streaming = field(init=False)
    showing: Showing = field(init=False)

    def __post_init__(self) -> None:
        self.streaming = Streaming(self.calls, self.pace)
        self.showing = Showing(self.calls, self.pace, self.streaming)

    async def say(self, held: Outgoing, reply: Reply) -> str:
        """Teams' name for the post; raises what a call raises, and `Busy` when it would have to wait for long."""
        address = await self._address(held, reply)
        before = Posted.parse(held.updates)
        if self.streaming.goes_on(reply.card, before):
            try:
                before = await self.streaming.go_on(reply.card, address, before)
            except StoppedByPerson:
                # A script is stopped in other ways than by not watching it.
                if not held.key.startswith("running:"):
                    await self.stop(held.conversation)
                return str(Posted(before.conversation))
            if before.stream is not None:
                return str(before)
        elif before.stream is None and is_under_way(reply.card):
            if before.conversation and self.pace.wait(before.conversation, unimportant=True):
                return held.updates
            # After a try whose answer was lost a stream may be open already.
            is_first = not before.conversation and held.attempt == 1
            if is_first and self.streaming.wanted(reply.card, address):
                begun = await self.streaming.begin(reply.card, address)
                if begun.stream is not None:
                    return str(begun)
        tenant = Place.parse(held.conversation).tenant
        shown = await with_names(self.addresses, reply.card, tenant)
        drawn = with_stop(with_thumbs(await asyncio.to_thread(draw, shown), shown), held.key, shown)
        posts = await self.views.offered(drawn, held, shown)
        try:
            return str(await self.showing.show(held.key, posts, address, tenant, before))
        except Unpresentable as refused:
            log.error("teams does not take a card; it is shown as text", key=held.key, why=str(refused))
        return str(await self.showing.show(held.key, _as_text(reply.card), address, tenant, before))

    async def _address(self, held: Outgoing, reply: Reply) -> Address:
        place = await self._in_its_thread(held, Place.parse(held.conversation))
        if reply.audience == "person" and reply.person is not None:
            try:
                return await self._own_chat(place, reply.person)
            except (Gone, Refused) as closed:
                # Who never opened a chat with Hilda hears it where they asked.
                log.info("no chat with somebody; said where they asked", why=str(closed))
        return await self.addresses.of(place)

    async def _in_its_thread(self, held: Outgoing, place: Place) -> Place:
        """Below the post that its conversation is named by; that post itself stands in the channel."""
        key = opener(held.conversation)
        if not key:
            return place
        channel = Place(place.tenant, place.chat)
        if key in {held.key, held.replaces}:
            return channel
        begun = Posted.parse(await self.post_of(key))
        if not begun.ids:
            raise Gone("send", "the post that begins this conversation was given up")
        address = await self.addresses.of(channel)
        return Place(place.tenant, place.chat, begun.ids[0]) if address.threads else channel

    async def _own_chat(self, place: Place, person: Person) -> Address:
        known = await self.addresses.own(person)
        if known is not None:
            return known
        there = await self.addresses.of(place)
        chat = await self.calls.open(there.service, there.bot, person.id, person.tenant)
        return await self.addresses.keep_own(person, Address(there.service, chat, there.bot, personal=True))


def _as_text(card: Card) -> tuple[Post, ...]:
    """For the day when Teams refuses a card: said poorly rather than not at all, and nothing to press."""
    return tuple(Post(text, {}) for text in plain(card))
