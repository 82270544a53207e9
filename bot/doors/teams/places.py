"""Where in Teams a conversation is: a chat, or one thread of a channel."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

DOOR = "teams"
_THREAD = ";messageid="


@dataclass(frozen=True, slots=True)
class Place:
    tenant: str
    chat: str
    """The service's id of a chat or a channel, without a thread."""
    thread: str = ""
    """Id of the thread's first message; "" in chats, and for a channel beside its threads."""

    @property
    def conversation(self) -> str:
        """Our name for it. The service's ids contain colons, which separate the parts of ours."""
        return f"{DOOR}:{quote(self.tenant, safe='')}:{quote(self.chat, safe='@.=')}:{self.thread}"

    @property
    def id(self) -> str:
        """The service's id of the conversation."""
        return f"{self.chat}{_THREAD}{self.thread}" if self.thread else self.chat

    @classmethod
    def of(cls, tenant: str, conversation_id: str) -> "Place":
        chat, _, thread = conversation_id.partition(_THREAD)
        return cls(tenant, chat, thread)

    @classmethod
    def parse(cls, conversation: str) -> "Place":
        """The place that `conversation` was made from; ValueError for a conversation of another door."""
        door, tenant, chat, thread = conversation.split(":", 3)
        if door != DOOR:
            raise ValueError(f"{conversation!r} is no conversation in Teams")
        return cls(unquote(tenant), unquote(chat), thread)
