"""The messages of one reply in Teams: updated where they stand, posted where they do not, deleted where left over."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from bot.doors.failures import Away, Busy, Gone, Refused, Unpresentable
from bot.doors.teams.addresses import Address
from bot.doors.teams.calls import Calls, NoStream
from bot.doors.teams.pace import Pace
from bot.doors.teams.places import Place
from bot.doors.teams.posted import Posted
from bot.doors.teams.render.card import CONTENT_TYPE, Post
from bot.doors.teams.streaming import Streaming
from domain.plain_json import Json

PATIENCE = 4.0
"""Seconds that a post waits here for its turn; longer waits are the outbox's."""
_MOST_HALVES = 1_000

log = structlog.get_logger()


@dataclass
class Showing:
    calls: Calls
    pace: Pace
    streaming: Streaming
    _halves: "OrderedDict[str, Posted]" = field(default_factory=OrderedDict)
    """By a reply's key what is out of it where the rest waits, so that it is not posted again."""

    async def show(self, key: str, posts: Sequence[Post], address: Address, tenant: str, before: Posted) -> Posted:
        """What stands there now; raises what a call raises, and `Busy` when it would have to wait for long.

        `before`: what stood there before, which is updated; a stream of it ends.
        """
        before = self._halves.pop(key, before)
        conversation = before.conversation or address.conversation
        shown: list[str] = []
        try:
            for number, post in enumerate(posts):
                there = before.ids[number] if number < len(before.ids) else ""
                place = _thread(Place.of(tenant, conversation), address, (*shown, *before.ids))
                shown.append(await self._one(_activity(post, address), address, place, there, before, number))
        except (Away, Busy, Unpresentable) as stopped:
            if isinstance(stopped, Busy):
                stopped.begun = bool(shown)
            if shown:
                self._keep_half(key, Posted(conversation, (*shown, *before.ids[len(shown) :])))
            raise
        for surplus in before.ids[len(posts) :]:
            await self._delete(address, _thread(Place.of(tenant, conversation), address, before.ids).id, surplus)
        return Posted(conversation, tuple(shown))

    async def _one(
        self, activity: Json, address: Address, place: Place, there: str, before: Posted, number: int
    ) -> str:
        """The id of the message that says it."""
        if number == 0 and before.stream is not None:
            await self._turn(place.id, streaming=True)
            if await self.streaming.end(activity, address, before):
                return there
            there = ""
        await self._turn(place.id)
        if there:
            try:
                await self.calls.update(address.service, place.id, there, activity)
            except (Gone, NoStream):
                log.info("a message was taken away; it is posted anew")
            else:
                return there
        if address.threads and not place.thread:
            return await self.calls.begin(address.service, address.bot, place.id, place.tenant, activity)
        return await self.calls.send(address.service, place.id, activity)

    async def _delete(self, address: Address, conversation: str, message: str) -> None:
        try:
            await self.calls.delete(address.service, conversation, message)
        except Refused as refused:
            log.info("an old message stays", why=str(refused))

    def _keep_half(self, key: str, posted: Posted) -> None:
        self._halves[key] = posted
        if len(self._halves) > _MOST_HALVES:
            self._halves.popitem(last=False)

    async def _turn(self, conversation: str, *, streaming: bool = False) -> None:
        """Wait until this call keeps the pace; Busy when that takes long."""
        waited = 0.0
        while seconds := self.pace.wait(conversation, streaming=streaming):
            if waited + seconds > PATIENCE:
                raise Busy(seconds, "our own pace")
            waited += seconds
            await asyncio.sleep(seconds)


def _thread(place: Place, address: Address, ids: Sequence[str]) -> Place:
    """Where a further message of a post stands: in channels in the thread that its first one begins."""
    if address.threads and not place.thread and ids:
        return Place(place.tenant, place.chat, ids[0])
    return place


def _activity(post: Post, address: Address) -> Json:
    activity: Json = {"type": "message", "from": {"id": address.bot}, "summary": post.summary}
    if post.card:
        activity["attachments"] = [{"contentType": CONTENT_TYPE, "content": post.card}]
    else:
        activity |= {"text": post.summary, "textFormat": "plain"}
    if post.thumbs:
        activity["channelData"] = {"feedbackLoop": {"type": "default"}}
    return activity
