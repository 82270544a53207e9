"""Teams' name for what a reply became, as the outbox keeps it: a conversation and the id of each message in it.

`a:chat/1700000000001` is one message, `a:chat/1700000000001/~3@1763660000` one that is still open as a stream.
"""

import re
from dataclasses import dataclass

_STREAM = re.compile(r"~(\d{1,9})@(\d{1,12})")


@dataclass(frozen=True, slots=True)
class Stream:
    """How far an open stream has come, for whoever goes on with it."""

    sequence: int
    """Of its newest update; the first is 1."""
    began: int
    """Seconds since 1970."""

    def __str__(self) -> str:
        return f"~{self.sequence}@{self.began}"


@dataclass(frozen=True, slots=True)
class Posted:
    conversation: str = ""
    """The service's id of the conversation."""
    ids: tuple[str, ...] = ()
    """Ids of the messages of one reply, in order."""
    stream: Stream | None = None
    """Where the first of them is still open as a stream."""

    def __str__(self) -> str:
        if not self.conversation:
            return ""
        return "/".join((self.conversation, *self.ids, *([str(self.stream)] if self.stream else [])))

    @classmethod
    def parse(cls, text: str) -> "Posted":
        conversation, *rest = text.split("/")
        open_stream = _STREAM.fullmatch(rest[-1]) if rest else None
        if open_stream is None:
            return cls(conversation, tuple(rest))
        sequence, began = map(int, open_stream.groups())
        return cls(conversation, tuple(rest[:-1]), Stream(sequence, began))
