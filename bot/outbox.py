"""Replies on their way out: kept in the store by key, posted by the door of their conversation."""

from domain.messages import Reply
from domain.wire import reply_as_json
from store.record import Store


def door_of(conversation: str) -> str:
    """The door that a conversation came in by, which its id begins with.

    Each terminal is a door of its own, and so is each conversation over HTTP: who asked fetches the answer.
    """
    door = conversation.partition(":")[0]
    return conversation if door in {"terminal", "http"} else door


async def put(store: Store, conversation: str, reply: Reply) -> None:
    """Say this, once per key. The journal tells everyone who follows that there is something new."""
    async with store.database.begin() as tx:
        new = await store.outbox.put(
            reply.key, conversation, door_of(conversation), reply_as_json(reply), reply.replaces, tx=tx
        )
        if new:
            await store.journal.append(f"conversation:{conversation}", "reply", {"key": reply.key}, tx=tx)
