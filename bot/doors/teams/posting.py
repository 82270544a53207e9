"""One reply on its way into Teams: posted, or shown where an earlier one stood.

Teams lets nobody read back what was posted. A post whose answer was lost may therefore stand twice; what was said to
have been posted never does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.doors.failures import Busy, Gone, Refused, Unpresentable
from bot.doors.teams.addresses import Address, Addresses
from bot.doors.teams.calls import Calls
from bot.doors.teams.names import with_names
from bot.doors.teams.pace import Pace
from bot.doors.teams.places import Place
from bot.doors.teams.posted import Posted
from bot.doors.teams.render.card import CONTENT_TYPE, Post, draw
from bot.doors.teams.render.plain import plain
from bot.doors.teams.views import Views
from domain.cards import Card, Progress, parts_of
from domain.conversations import opener
from domain.messages import Reply
from domain.people import Person
from domain.plain_json import Json
from store.work.outbox import Outgoing

PATIENCE = 4.0
"""Seconds that a post waits here for its turn; longer waits are the outbox's."""

log = structlog.get_logger()


@dataclass
class Posting:
    calls: Calls
    addresses: Addresses
    post_of: Callable[[str], Awaitable[str]]
    """What a key became here, "" while it became nothing."""
    views: Views
    pace: Pace = field(default_factory=Pace)

    async def say(self, held: Outgoing, reply: Reply) -> str:
        """Teams' name for the post; raises what a call raises, and `Busy` when it would have to wait for long."""
        address = await self._address(held, reply)
        before = Posted.parse(held.updates)
        is_progress = before.conversation and parts_of(reply.card, Progress)
        if is_progress and self.pace.wait(before.conversation, unimportant=True):
            return held.updates
        shown = await with_names(self.addresses, reply.card, Place.parse(held.conversation).tenant)
        posts = await self.views.offered(await asyncio.to_thread(draw, shown), held, shown)
        try:
            return str(await self._put(posts, address, before))
        except Unpresentable as refused:
            log.error("teams does not take a card; it is shown as text", key=held.key, why=str(refused))
        return str(await self._put(_as_text(reply.card), address, before))

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
        return await self.addresses.keep_own(person, Address(there.service, chat, there.bot))

    async def _put(self, posts: tuple[Post, ...], address: Address, before: Posted) -> Posted:
        """Update what is there, post the rest, delete what is left over."""
        shown: list[str] = []
        where = before.conversation or address.conversation
        for number, post in enumerate(posts):
            there = before.ids[number] if number < len(before.ids) else ""
            try:
                await self._turn(where)
                shown.append(await self._one(post, address, where, there))
            except Busy as busy:
                busy.begun = bool(shown)
                raise
        for surplus in before.ids[len(posts) :]:
            try:
                await self.calls.delete(address.service, where, surplus)
            except Refused as refused:
                log.info("an old message stays", why=str(refused))
        return Posted(where, tuple(shown))

    async def _one(self, post: Post, address: Address, conversation: str, there: str) -> str:
        activity = _activity(post, address)
        if there:
            try:
                await self.calls.update(address.service, conversation, there, activity)
            except Gone:
                log.info("a message was taken away; it is posted anew")
            else:
                return there
        return await self.calls.send(address.service, conversation, activity)

    async def _turn(self, conversation: str) -> None:
        """Wait until this call keeps the pace; Busy when that takes long."""
        waited = 0.0
        while seconds := self.pace.wait(conversation):
            if waited + seconds > PATIENCE:
                raise Busy(seconds, "our own pace")
            waited += seconds
            await asyncio.sleep(seconds)


def _activity(post: Post, address: Address) -> Json:
    activity: Json = {"type": "message", "from": {"id": address.bot}, "summary": post.summary}
    if post.card:
        activity["attachments"] = [{"contentType": CONTENT_TYPE, "content": post.card}]
    else:
        activity |= {"text": post.summary, "textFormat": "plain"}
    return activity


def _as_text(card: Card) -> tuple[Post, ...]:
    """For the day when Teams refuses a card: said poorly rather than not at all, and nothing to press."""
    return tuple(Post(text, {}) for text in plain(card))
