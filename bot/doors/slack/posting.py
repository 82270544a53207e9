"""One reply on its way into Slack: posted, or shown where an earlier one stood, or found where it already is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.doors.progress import is_under_way
from bot.doors.slack.calls import Busy, Calls, Gone, Refused, Unpresentable
from bot.doors.slack.conversations import Place
from bot.doors.slack.feedback import with_thumbs
from bot.doors.slack.own_charts import OwnCharts, has_own_charts
from bot.doors.slack.pace import Pace
from bot.doors.slack.posted import Posted
from bot.doors.slack.render.card import draw
from bot.doors.slack.render.plain import plain
from bot.doors.slack.render.post import Post, View
from bot.doors.slack.stopping import with_stop
from bot.doors.slack.streaming import Streaming
from bot.doors.slack.uploads import Uploads
from domain.cards import Card
from domain.conversations import opener
from domain.messages import Reply
from domain.plain_json import Json, dig
from store.work.outbox import Outgoing

EVENT_TYPE = "hilda_post"
"""Of the metadata by which a message of ours names the reply that it shows."""
PATIENCE = 4.0
"""Seconds that a post waits here for its turn; longer waits are the outbox's."""
_MOST_PAID = 5_000
_MISSING = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "streaming_state_conflict"})

log = structlog.get_logger()


@dataclass
class Posting:
    calls: Calls
    pace: Pace
    post_of: Callable[[str], Awaitable[str]]
    """What a key became here, "" while it became nothing."""
    own_charts: OwnCharts = field(default_factory=OwnCharts)
    streaming: Streaming = field(init=False)
    uploads: Uploads = field(init=False)
    _directs: dict[str, str] = field(default_factory=dict)
    _paid: dict[str, None] = field(default_factory=dict)
    """Progress whose next update counts in the pace already, so that no answer waits behind other progress."""

    def __post_init__(self) -> None:
        self.streaming = Streaming(self.calls, self.pace)
        self.uploads = Uploads(self.calls)

    async def say(self, held: Outgoing, reply: Reply) -> str:
        """Slack's name for the post; raises what a call raises, and `Busy` when it would have to wait for long."""
        place = await self._in_its_thread(held, await self._with_channel(Place.parse(held.conversation)))
        if reply.audience == "person" and reply.person is not None and not place.direct:
            return await self._privately(held, reply, place)
        before = Posted.parse(held.updates)
        if before.streaming:
            if is_under_way(reply.card) and await self.streaming.go_on(reply.card, before.channel, before.ts[0]):
                return held.updates
            await self._turn("chat.stopStream", before.channel)
            await self.streaming.end(before.channel, before.ts[0])
        # A try before this one may have come through without our hearing of it.
        found = await self._posted_before(held, place) if held.attempt > 1 else {}
        if not (before.channel or found) and self.streaming.wanted(reply.card, place):
            begun = await self.streaming.begun(place) if held.attempt > 1 else ""
            if ts := begun or await self.streaming.begin(reply.card, place):
                return str(Posted(place.channel, (ts,), streaming=True))
        if not is_under_way(reply.card):
            return str(await self._show(held.key, reply.card, place, before, found))
        if self.pace.wait("chat.update", "", unimportant=True):
            # What comes next could not take its place soon: better nothing than something that stays.
            return held.updates
        shown = await self._show(held.key, reply.card, place, before, found)
        self._pay_ahead(shown)
        return str(shown)

    def _pay_ahead(self, shown: Posted) -> None:
        self._paid[shown.ts[0]] = None
        if len(self._paid) > _MOST_PAID:
            self._paid.pop(next(iter(self._paid)))

    async def _in_its_thread(self, held: Outgoing, place: Place) -> Place:
        """Below the post that its conversation is named by; that post itself stands in the channel."""
        key = opener(held.conversation)
        if not key:
            return place
        if key in {held.key, held.replaces}:
            return Place(place.team, place.channel)
        begun = Posted.parse(await self.post_of(key))
        if not begun.ts:
            # Conversations are said in order: what should begin this one was given up.
            raise Gone("chat.postMessage", "thread_not_found")
        return Place(place.team, begun.channel, begun.ts[0])

    async def _show(self, key: str, card: Card, place: Place, before: Posted, found: dict[int, str]) -> Posted:
        """As well as Slack takes it: with charts of its own, with pictures in their place, as text."""
        for own_charts in (True, False) if self.own_charts.wanted else (False,):
            posts = await self._drawn(key, card, own_charts=own_charts)
            try:
                shown = await self._put(key, posts, place, before, found)
            except Unpresentable as refused:
                why = refused
                if not has_own_charts(posts):
                    break
            else:
                if self.own_charts.wanted and not own_charts:
                    self.own_charts.refused()
                return shown
        log.error("slack does not take a card; it is shown as text", key=key, title=card.title, why=str(why))
        texts = [Post(text, ()) for text in plain(card)]
        return await self._put(key, texts, place, before, found)

    async def _put(
        self, key: str, posts: Sequence[Post], place: Place, before: Posted, found: dict[int, str]
    ) -> Posted:
        """Update what is there, post the rest, delete what is left over; `found` keeps what is out, should it fail."""
        shown: list[str] = []
        channel = before.channel or place.channel
        for number, post in enumerate(posts):
            there = found.get(number) or (before.ts[number] if number < len(before.ts) else "")
            try:
                ts = await self._update(key, number, post, channel, there) if there else ""
                shown.append(ts or await self._post(key, number, post, place, shown[0] if shown else ""))
                again, found[number] = number in found, shown[-1]
                # What follows the first message of a card, and all files, stand in its thread.
                await self.uploads.share(key, post, channel, place.thread or shown[0], again=again)
            except Busy as busy:
                busy.begun = bool(shown)
                raise
        over = dict(enumerate(before.ts)) | found
        for number in sorted(over):
            if number >= len(posts):
                await self._delete(channel, over[number])
        return Posted(channel, tuple(shown))

    async def _update(self, key: str, number: int, post: Post, channel: str, ts: str) -> str:
        """Its ts, or "" where it cannot be updated any more."""
        if ts in self._paid:
            del self._paid[ts]
        else:
            await self._turn("chat.update", channel)
        content = {"text": post.text, "blocks": list(post.blocks)}
        try:
            await self._call("chat.update", channel, ts=ts, metadata=_metadata(key, number), **content)
        except Refused as refused:
            if refused.error not in _MISSING:
                raise
            return ""
        return ts

    async def _post(self, key: str, number: int, post: Post, place: Place, first: str) -> str:
        """What follows the first message of a card goes into its thread."""
        await self._turn("chat.postMessage", place.channel)
        said = await self._call(
            "chat.postMessage",
            place.channel,
            thread_ts=place.thread or first or None,
            metadata=_metadata(key, number),
            **_payload(post),
        )
        return str(said["ts"])

    async def _call(self, method: str, channel: str, **arguments: Any) -> Json:
        """Where Slack finds it too fast, our own pace knows for the calls after it."""
        try:
            return await self.calls(method, channel=channel, **arguments)
        except Busy as busy:
            self.pace.refused(method, channel, busy.seconds)
            raise

    async def _delete(self, channel: str, ts: str) -> None:
        try:
            await self._turn("chat.delete", channel)
            await self.calls("chat.delete", channel=channel, ts=ts)
        except Refused as refused:
            log.warning("a message that is no longer needed stays", why=str(refused))

    async def _privately(self, held: Outgoing, reply: Reply, place: Place) -> str:
        """Only for one person, in the thread; where they cannot see it there, in their direct conversation."""
        assert reply.person is not None
        posts = draw(reply.card, View(charts_as_pictures=False))
        thread = await self._replied(place)
        for post in posts:
            await self._turn("chat.postEphemeral", place.channel)
            where = {"channel": place.channel, "user": reply.person.id, "thread_ts": thread or None}
            try:
                await self.calls("chat.postEphemeral", **where, text=post.text, blocks=list(post.blocks))
            except Unpresentable:
                for text in plain(reply.card):
                    await self.calls("chat.postEphemeral", **where, text=text)
                break
            except Refused as refused:
                if refused.error not in {"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"}:
                    raise
                own = await self._with_channel(Place(place.team, reply.person.id))
                return str(await self._show(held.key, reply.card, own, Posted(), {}))
        return ""

    async def _replied(self, place: Place) -> str:
        """The place's thread, "" while it has no replies: there Slack shows nothing that is private."""
        if not place.thread:
            return ""
        try:
            said = await self.calls.read("conversations.replies", channel=place.channel, ts=place.thread, limit=2)
        except Refused:
            return place.thread
        return place.thread if len(said.get("messages") or ()) > 1 else ""

    async def _drawn(self, key: str, card: Card, *, own_charts: bool) -> tuple[Post, ...]:
        """The card's messages with their pictures uploaded; without them where that cannot be."""
        posts = with_stop(with_thumbs(draw(card, View(chart_blocks=own_charts)), card), key, card)
        return tuple([await self.uploads.with_pictures(key, post) for post in posts])

    async def _posted_before(self, held: Outgoing, place: Place) -> dict[int, str]:
        """Messages of this reply that Slack has although nobody told us: their ts by number."""
        oldest = f"{held.put_at.timestamp() - 60:.6f}"
        try:
            found = await self._ours(held.key, place.channel, place.thread, oldest)
            if found and not place.thread:
                found |= await self._ours(held.key, place.channel, found[min(found)], oldest)
        except Gone:
            raise
        except Refused as refused:
            log.warning("cannot see whether something was posted before", why=str(refused))
            return {}
        return found

    async def _ours(self, key: str, channel: str, thread: str, oldest: str) -> dict[int, str]:
        method = "conversations.replies" if thread else "conversations.history"
        said = await self.calls.read(
            method, channel=channel, ts=thread or None, oldest=oldest, limit=200, include_all_metadata="true"
        )
        found: dict[int, str] = {}
        for message in said.get("messages") or ():
            payload = dig(message, "metadata", "event_payload", default={})
            if dig(message, "metadata", "event_type") == EVENT_TYPE and payload.get("key") == key:
                found[int(payload.get("part") or 0)] = str(message["ts"])
        return found

    async def _with_channel(self, place: Place) -> Place:
        """With the channel of the direct conversation, where only its person was known."""
        if not place.is_person:
            return place
        if place.channel not in self._directs:
            said = await self.calls("conversations.open", users=place.channel)
            self._directs[place.channel] = str(dig(said, "channel", "id", default=""))
        return Place(place.team, self._directs[place.channel], place.thread)

    async def _turn(self, method: str, channel: str) -> None:
        """Wait until this call keeps the pace; Busy when that takes long."""
        waited = 0.0
        while seconds := self.pace.wait(method, channel):
            if waited + seconds > PATIENCE:
                raise Busy(seconds, f"{method}: our own pace")
            waited += seconds
            await asyncio.sleep(seconds)


def _payload(post: Post) -> Json:
    payload = post.payload()
    if not payload.get("blocks"):
        payload.pop("blocks", None)
    return payload


def _metadata(key: str, number: int) -> Json:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": number}}
