"""What is said in a busy Slack workspace, and under which names Slack and Hilda know it."""

from bench.chats.talk import Mix

TEAM, APP, BOT_USER = "T0HOME", "A0HILDA", "U0HILDA"

MIX = Mix(
    {"talk": 24, "mention": 4, "direct": 8, "thread": 4, "command": 2, "change": 2, "again": 2},
    answered=frozenset({"mention", "direct", "thread", "investigation"}),
    mention_events=2,
)
"""A mention comes as a message and as a mention; a command is answered by what acknowledges it."""


def key(channel: str, ts: str) -> str:
    """Hilda's name for a message, with which the keys of everything that she says about it begin."""
    return f"slack:{TEAM}:{APP}:{channel}:{ts}"
