"""Streams as Teams documents them: https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

LONGEST_SECONDS = 120.0
BETWEEN_SECONDS = 1.0
Json = dict[str, Any]


class RefusedByTeams(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message = status, code, message


@dataclass
class Stream:
    chat: str
    began: float
    newest: float
    sequence: int = 1
    state: Literal["open", "completed", "stopped"] = "open"
    lines: list[str] = field(default_factory=list)
    """What it said before its end."""


@dataclass
class Streams:
    clock: Callable[[], float]
    allowed: bool = True
    """Whether the tenant streams at all."""
    asked: int = 0
    """How often the bot wanted to begin one."""
    too_fast: int = 0
    all: dict[str, Stream] = field(default_factory=dict)
    dropped: list[Json] = field(default_factory=list)
    """Updates that came out of order."""

    def begin(self, chat: str, stream: str, activity: Json, info: Json) -> None:
        self.asked += 1
        if not chat.startswith("a:"):
            raise RefusedByTeams(400, "BadArgument", "Streaming api is not enabled for this conversation")
        self._line(activity)
        if info.get("streamSequence") != 1:
            raise RefusedByTeams(400, "BadRequest", "the first streamSequence is 1")
        if not self.allowed or any(self._is_open(other) for other in self.all.values() if other.chat == chat):
            raise _not_allowed("Content stream is not allowed")
        now = self.clock()
        self.all[stream] = Stream(chat, now, now, lines=[activity["text"]])

    def go_on(self, chat: str, activity: Json, info: Json) -> bool:
        """Whether people see it."""
        found = self.all.get(str(info["streamId"]))
        if found is None or found.chat != chat:
            raise RefusedByTeams(400, "BadRequest", "no such streamId")
        self._open(found)
        if self.clock() - found.newest < BETWEEN_SECONDS:
            self.too_fast += 1
            raise RefusedByTeams(429, "", "API calls quota exceeded")
        if info.get("streamType") == "final":
            self._end(found, activity, info)
            return True
        self._line(activity)
        if int(info.get("streamSequence") or 0) <= found.sequence:
            self.dropped.append(activity)
            return False
        found.sequence, found.newest = info["streamSequence"], self.clock()
        found.lines.append(activity["text"])
        return True

    def stop(self, stream: str) -> None:
        assert self._is_open(self.all[stream])
        self.all[stream].state = "stopped"

    def may_change(self, message: str) -> None:
        """A stream is changed by streaming only, one that was stopped not at all."""
        found = self.all.get(message)
        if found is not None and (found.state == "stopped" or self._is_open(found)):
            raise _not_allowed("Content stream is not allowed")

    def _end(self, found: Stream, activity: Json, info: Json) -> None:
        if activity["type"] != "message" or "streamSequence" in info:
            raise RefusedByTeams(400, "BadRequest", "End streaming activities are messages without a number")
        if not (activity.get("text") or activity.get("attachments")):
            raise RefusedByTeams(400, "BadRequest", "End streaming activities should include text")
        found.state = "completed"

    def _line(self, activity: Json) -> None:
        if activity["type"] != "typing" or not activity.get("text", "").strip():
            raise RefusedByTeams(400, "BadRequest", "Start streaming activities should include text")
        if activity.get("attachments"):
            raise RefusedByTeams(400, "BadRequest", "Attachments are for the final message only")

    def _open(self, found: Stream) -> None:
        if found.state == "completed":
            raise _not_allowed("Content stream is not allowed on an already completed streamed message")
        if found.state == "stopped":
            raise _not_allowed("Content stream was cancelled by user.")
        if not self._is_open(found):
            raise _not_allowed("Content stream finished due to exceeded streaming time.")

    def _is_open(self, found: Stream) -> bool:
        return found.state == "open" and self.clock() - found.began <= LONGEST_SECONDS


def info_of(activity: Json) -> Json | None:
    """What an activity says of a stream, None for one that is none."""
    found = [entity for entity in activity.get("entities") or () if entity.get("type") == "streaminfo"]
    return found[0] if found else None


def _not_allowed(why: str) -> RefusedByTeams:
    return RefusedByTeams(403, "ContentStreamNotAllowed", why)
