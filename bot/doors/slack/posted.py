"""Slack's name for what a reply became, as the outbox keeps it: a channel and the ts of each message."""

from dataclasses import dataclass

_STREAMS = "~"


@dataclass(frozen=True, slots=True)
class Posted:
    """What Slack calls the messages of one reply, in order."""

    channel: str = ""
    ts: tuple[str, ...] = ()
    streaming: bool = False
    """The message is still open as a stream."""

    def __str__(self) -> str:
        if not self.channel:
            return ""
        return "/".join((self.channel, *self.ts, *([_STREAMS] if self.streaming else [])))

    @classmethod
    def parse(cls, text: str) -> "Posted":
        channel, *ts = text.split("/")
        return cls(channel, tuple(one for one in ts if one != _STREAMS), streaming=_STREAMS in ts)
