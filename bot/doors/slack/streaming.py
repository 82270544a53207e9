"""Progress in the assistant's threads as Slack's own stream of tasks, until the answer takes its place.

https://docs.slack.dev/reference/methods/chat.startStream. Where a workspace has none, the same message is updated in
place as everywhere else.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.doors.progress import is_under_way, steps_of
from bot.doors.slack.calls import Calls, Gone, Halted, Refused
from bot.doors.slack.conversations import Place
from bot.doors.slack.pace import Pace
from bot.doors.slack.render.heading import name_of
from bot.doors.slack.render.small import cut
from domain.cards import Card, ProgressState
from domain.plain_json import Json
from domain.visible import one_line

AGAIN_SECONDS = 3600.0
"""How long a workspace that refused to stream is left alone with it."""
LONGEST_TITLE = 150
_NOW = "now"
"""The task under way, whichever it is: its title changes, so that at the end it can be closed by whoever ends it."""
_STATUS: dict[ProgressState, str] = {
    "done": "complete",
    "running": "in_progress",
    "waiting": "pending",
    "failed": "error",
}

log = structlog.get_logger()


@dataclass
class Streaming:
    calls: Calls
    pace: Pace
    clock: Callable[[], float] = time.monotonic
    _refused_at: float = -AGAIN_SECONDS

    def wanted(self, card: Card, place: Place) -> bool:
        """Whether this begins a stream: work that goes on, in a thread of a direct conversation."""
        open_to_us = self.clock() - self._refused_at >= AGAIN_SECONDS
        return open_to_us and place.direct and bool(place.thread) and is_under_way(card)

    async def begin(self, card: Card, place: Place) -> str:
        """The ts of the new message, "" where Slack does not stream here, or not so many."""
        if self.pace.wait("chat.startStream", ""):
            return ""
        try:
            said = await self.calls(
                "chat.startStream",
                channel=place.channel,
                thread_ts=place.thread,
                task_display_mode="plan",
                chunks=_chunks(card),
            )
        except (Gone, Halted):
            raise
        except Refused as refused:
            log.warning("slack does not stream here; progress is updated in place", why=str(refused))
            self._refused_at = self.clock()
            return ""
        return str(said["ts"])

    async def begun(self, place: Place) -> str:
        """A stream of ours that nobody told us of, since the answer to its beginning was lost; "" for none."""
        try:
            said = await self.calls.read("conversations.replies", channel=place.channel, ts=place.thread, limit=200)
        except (Gone, Halted):
            raise
        except Refused as refused:
            log.warning("cannot see whether a stream was begun before", why=str(refused))
            return ""
        open_ones = [m for m in said.get("messages") or () if m.get("streaming_state") == "in_progress"]
        return str(open_ones[-1]["ts"]) if open_ones else ""

    async def go_on(self, card: Card, channel: str, ts: str) -> bool:
        """What is done by now; False where the stream is over. Left out when there are too many of these."""
        if self.pace.wait("chat.appendStream", "", unimportant=True):
            return True
        return await self._said("chat.appendStream", channel=channel, ts=ts, chunks=_chunks(card))

    async def end(self, channel: str, ts: str) -> None:
        """The message stays, and can be updated from now on; to end it twice does no harm."""
        closed = {"type": "task_update", "id": _NOW, "title": "Looked", "status": "complete"}
        await self._said("chat.stopStream", channel=channel, ts=ts, chunks=[closed])

    async def _said(self, method: str, **arguments: object) -> bool:
        try:
            await self.calls(method, **arguments)
        except (Gone, Halted):
            raise
        except Refused as refused:
            log.info("a stream is over already", why=str(refused))
            return False
        return True


def _chunks(card: Card) -> list[Json]:
    """Where it is about, then each task; the same task twice is one, so all of them can be sent each time."""
    where = f"{one_line(card.title)} · {name_of(card.cluster)}" if card.cluster else one_line(card.title)
    return [{"type": "plan_update", "title": cut(where, LONGEST_TITLE)}, *map(_task, steps_of(card))]


def _task(step: tuple[str, ProgressState]) -> Json:
    text, state = step
    own = hashlib.sha256(text.encode()).hexdigest()[:12]
    title = cut(one_line(text), LONGEST_TITLE) or "…"
    return {"type": "task_update", "id": _NOW if state == "running" else own, "title": title, "status": _STATUS[state]}
