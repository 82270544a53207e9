"""Teams' name for what a reply became, as the outbox keeps it: a conversation and the id of each message in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Posted:
    conversation: str = ""
    """The service's id of the conversation."""
    ids: tuple[str, ...] = ()
    """Ids of the messages of one reply, in order."""

    def __str__(self) -> str:
        return "/".join((self.conversation, *self.ids)) if self.conversation else ""

    @classmethod
    def parse(cls, text: str) -> "Posted":
        conversation, *ids = text.split("/")
        return cls(conversation, tuple(ids))
