"""Progress in one's own chat as a line that Teams shows while the answer is made, until the answer takes its place.

https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux: `typing` activities numbered from 1, the id of
the first names the stream, and a `message` without a number ends it; only that one may have a card. For chats of one
person only, one stream at a time, one request a second, two minutes. Where Teams has none, a message is updated in
place as everywhere else.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.doors.failures import Gone, Halted, Refused
from bot.doors.progress import is_under_way, steps_of
from bot.doors.teams.addresses import Address
from bot.doors.teams.calls import Calls, NoStream
from bot.doors.teams.pace import Pace
from bot.doors.teams.posted import Posted, Stream
from bot.doors.teams.render.heading import name_of
from domain.cards import Card, Text
from domain.plain_json import Json
from domain.visible import one_line

AGAIN_SECONDS = 3600.0
"""How long a chat that refused to stream is left alone with it."""
LONGEST_SECONDS = 100.0
"""After that a stream ends with the progress itself, which is updated in place from there on: at 120 Teams ends it."""
LONGEST_LINE = 200
_MOST_CHATS = 5_000

log = structlog.get_logger()


class StoppedByPerson(Exception):
    """Who reads it pressed Stop. Nothing more is shown where the stream was."""


@dataclass
class Streaming:
    calls: Calls
    pace: Pace
    clock: Callable[[], float] = time.time
    """Seconds since 1970: another process may go on with a stream."""
    _refused: "OrderedDict[str, float]" = field(default_factory=OrderedDict)
    """Chats that do not stream, and since when they are known for it."""
    _open: "OrderedDict[str, float]" = field(default_factory=OrderedDict)
    """Chats in which a stream of ours is open, and since when."""

    def wanted(self, card: Card, address: Address) -> bool:
        """Whether this may begin a stream: work that goes on, in the chat of one person."""
        chat = address.conversation
        left_alone = self._within(self._refused, chat, AGAIN_SECONDS) or self._within(self._open, chat, LONGEST_SECONDS)
        return address.personal and is_under_way(card) and not left_alone

    def goes_on(self, card: Card, before: Posted) -> bool:
        """Whether this is one more line of an open stream, rather than its end."""
        return before.stream is not None and is_under_way(card) and self.clock() - before.stream.began < LONGEST_SECONDS

    async def begin(self, card: Card, address: Address) -> Posted:
        """The new stream; without one where Teams does not stream here, or not now."""
        chat = address.conversation
        if self.pace.wait(chat, streaming=True):
            return Posted()
        try:
            stream = await self.calls.send(address.service, chat, _informative(card, address, 1))
        except (Gone, Halted):
            raise
        except Refused as refused:
            log.warning("teams does not stream here; progress is updated in place", why=str(refused))
            self._keep(self._refused, chat)
            return Posted()
        self._keep(self._open, chat)
        return Posted(chat, (stream,), Stream(1, int(self.clock())))

    async def go_on(self, card: Card, address: Address, before: Posted) -> Posted:
        """What is under way by now; left out where that would be too fast.

        Where the stream is over it comes back without one, and without an id where nothing stands there any more.
        Raises StoppedByPerson.
        """
        assert before.stream is not None
        if self.pace.wait(before.conversation, unimportant=True, streaming=True):
            return before
        number = before.stream.sequence + 1
        line = _informative(card, address, number, before.ids[0])
        try:
            await self.calls.send(address.service, before.conversation, line)
        except NoStream as over:
            self._open.pop(before.conversation, None)
            if over.stopped:
                raise StoppedByPerson from over
            return Posted(before.conversation, before.ids if over.stands else ())
        except Halted:
            raise
        except Refused as refused:
            log.info("a stream is gone; progress is posted", why=str(refused))
            self._open.pop(before.conversation, None)
            return Posted(before.conversation)
        return Posted(before.conversation, before.ids, Stream(number, before.stream.began))

    async def end(self, message: Json, address: Address, before: Posted) -> bool:
        """Whether the message stands where the stream was; where it does not, it has to be posted. Twice is no harm.

        A card goes without a text: of the two together Teams makes two messages.
        """
        chat, stream = before.conversation, before.ids[0]
        final = {**message, **_stream_info(chat, "final", stream)}
        final["channelData"] |= message.get("channelData", {})
        try:
            await self.calls.send(address.service, chat, final)
            stands = True
        except NoStream as over:
            stands = over.stands and await self._shown_instead(message, address, before)
        except Halted:
            raise
        except Refused as refused:
            log.warning("teams does not take the end of a stream; it is posted", why=str(refused))
            self._keep(self._refused, chat)
            stands = False
        self._open.pop(chat, None)
        return stands

    async def _shown_instead(self, message: Json, address: Address, before: Posted) -> bool:
        """In place of what Teams itself ended: its answer to our end was lost, or the two minutes were over."""
        try:
            await self.calls.update(address.service, before.conversation, before.ids[0], message)
        except Halted:
            raise
        except Refused as refused:
            log.info("a stream that is over stays as it is; its answer is posted", why=str(refused))
            return False
        return True

    def _within(self, since: "OrderedDict[str, float]", chat: str, seconds: float) -> bool:
        return chat in since and self.clock() - since[chat] < seconds

    def _keep(self, since: "OrderedDict[str, float]", chat: str) -> None:
        since[chat] = self.clock()
        since.move_to_end(chat)
        if len(since) > _MOST_CHATS:
            since.popitem(last=False)


def line_of(card: Card) -> str:
    """The newest step that is done, the one under way, how many there are, where, and what is known already.

    >>> from domain.cards import Progress
    >>> line_of(Card("Looking", parts=(Progress((("412 pods read", "done"), ("asking Prometheus", "running"))),)))
    '412 pods read · asking Prometheus'
    """
    steps = steps_of(card)
    at = next(number for number, (_, state) in enumerate(steps) if state == "running")
    said = [text for text, _ in steps[max(at - 1, 0) : at + 1]]
    if any(state == "waiting" for _, state in steps):
        said.append(f"{at + 1} of {len(steps)}")
    known = [part.markdown.replace("`", "") for part in card.parts if isinstance(part, Text)]
    line = one_line(" · ".join(filter(None, (*said, name_of(card.cluster), *known))))
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1].rstrip() + "…"


def _informative(card: Card, address: Address, number: int, stream: str = "") -> Json:
    line = {"type": "typing", "from": {"id": address.bot}, "text": line_of(card), "textFormat": "plain"}
    return {**line, **_stream_info(address.conversation, "informative", stream, number)}


def _stream_info(chat: str, kind: str, stream: str, number: int = 0) -> Json:
    """Teams reads it in the entity; its older clients in channelData."""
    info: Json = {"streamType": kind}
    if stream:
        info["streamId"] = stream
    if number:
        info["streamSequence"] = number
    return {
        "channelId": "msteams",
        "conversation": {"id": chat, "conversationType": "personal"},
        "entities": [{"type": "streaminfo", **info}],
        "channelData": info,
    }
