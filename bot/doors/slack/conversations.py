"""Where in Slack a conversation is: one thread of a channel, or a direct conversation with one person."""

from dataclasses import dataclass

DOOR = "slack"


@dataclass(frozen=True, slots=True)
class Place:
    team: str
    channel: str
    """A channel's id; a person's id where their direct conversation is not known yet."""
    thread: str = ""
    """ts of the thread's first message; "" for what is said beside threads in a direct conversation."""

    @property
    def conversation(self) -> str:
        return f"{DOOR}:{self.team}:{self.channel}:{self.thread}"

    @property
    def direct(self) -> bool:
        """Whether only one person and Hilda see it."""
        return self.channel.startswith(("D", "U", "W"))

    @property
    def is_person(self) -> bool:
        return self.channel.startswith(("U", "W"))

    @classmethod
    def of_message(cls, team: str, channel: str, ts: str, thread_ts: str = "") -> "Place":
        """Where a message belongs: in a channel each message may begin a thread, a direct conversation just goes on."""
        return cls(team, channel, thread_ts or ("" if channel.startswith("D") else ts))

    @classmethod
    def parse(cls, conversation: str) -> "Place":
        """The place that `conversation` was made from; ValueError for a conversation of another door."""
        door, team, channel, thread = conversation.split(":", 3)
        if door != DOOR:
            raise ValueError(f"{conversation!r} is no conversation in Slack")
        return cls(team, channel, thread)
