"""What is said in a busy organisation on Teams, and under which names Teams and Hilda know it."""

from bench.chats.talk import Mix, Said

APP_ID = "3f0c5c1e-6f7a-4e57-9d55-2f1d2a8b7c01"
TENANT = "8a0d1f6c-2b44-4f0e-a1c3-5d9e7b6f4a02"

MIX = Mix(
    {"talk": 24, "mention": 4, "direct": 8, "thread": 4, "command": 2, "press": 4, "change": 2, "again": 2},
    answered=frozenset({"mention", "direct", "thread", "command", "press", "investigation"}),
    at_once=frozenset({"help", "who", "level"}),
)
"""A mention comes once; a press is a button of Hilda's that asks something; commands are words like any other."""


def id_of(ts: str) -> str:
    """Teams counts milliseconds; two messages of one millisecond are told apart here."""
    return ts.replace(".", "")


def conversation(said: Said) -> str:
    """Whatever stands in a channel stands in the thread that it begins or goes on with."""
    if said.direct:
        return f"a:{said.channel}"
    return f"19:{said.channel}@thread.tacv2;messageid={id_of(said.thread or said.ts)}"


def account(user: str) -> dict[str, str]:
    return {"id": f"29:{user}", "name": user.title(), "aadObjectId": f"aad-{user}"}
