"""`POST /api/v1/chat/query`: a question from a program, answered by the same dispatcher as everywhere."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response, Security
from pydantic import BaseModel, ConfigDict, Field

from bot.doors.http.callers import BEARER, Callers
from bot.doors.http.reading import ANSWERS
from bot.doors.terminal.as_json import card_as_json
from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.view import View
from domain import job_kinds
from domain.messages import Message, Reply
from domain.plain_json import Json
from domain.wire import incoming_as_json, reply_from_json
from policy.roles import Act
from store.keys import ApiKey
from store.record import Store

EVERY = 0.1
"""Seconds between looks at the store."""
_VIEW = View(interactive=False, colour=False)


class ChatQuery(BaseModel):
    """A question as a person would type it."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(min_length=1, max_length=4000)]
    context: Annotated[str, Field(max_length=20_000)] = ""
    """More text, as one would paste it: an alert, a log, what kubectl said."""
    conversation: Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None = None
    """To go on from an answer: its `conversation`."""


class Answer(BaseModel):
    title: str
    tone: str
    markdown: str
    card: dict[str, Any]
    """The same, part by part, as `hilda ask -o json` writes it."""


class ChatAnswer(BaseModel):
    conversation: str
    complete: bool
    """False where the answer took too long to wait for; ask again in this conversation, and it comes with it."""
    answers: list[Answer]


class Asking:
    """Hands a question over durably and waits for what is said to it."""

    def __init__(self, store: Store, cluster: str, wake: Callable[[], None], seconds: float) -> None:
        self._store = store
        self._cluster = cluster
        self._wake = wake
        self._seconds = seconds

    async def ask(self, key: ApiKey, asked: ChatQuery) -> ChatAnswer:
        thread = asked.conversation or secrets.token_hex(6)
        # The key's own name is in it: nobody goes on in another one's conversation.
        conversation = f"{key.person}:{thread}"
        text = f"{asked.query}\n\n{asked.context}" if asked.context.strip() else asked.query
        message = Message(f"http:{secrets.token_hex(12)}", key.person, conversation, _plain(text), datetime.now(UTC))
        kind = job_kinds.incoming(self._cluster)
        await self._store.jobs.put(message.id, kind, incoming_as_json(message), conversation)
        self._wake()
        deadline = time.monotonic() + self._seconds
        while (waiting := await self._store.jobs.waiting(conversation)) and time.monotonic() < deadline:
            await asyncio.sleep(EVERY)
        return ChatAnswer(conversation=thread, complete=not waiting, answers=await self._said(conversation))

    async def _said(self, conversation: str) -> list[Answer]:
        """What was put there, progress left out; what took another's place stands there."""
        shown: dict[str, Reply] = {}
        while posts := await self._store.outbox.due(conversation):
            for post in posts:
                reply = reply_from_json(post.payload)
                shown[reply.replaces or reply.key] = reply
                await self._store.outbox.sent(post.key, post.key)
        return [_answer(reply) for slot, reply in shown.items() if not _is_progress(slot, reply)]


def chat_router(asking: Asking, callers: Callers) -> APIRouter:
    router = APIRouter(dependencies=[Security(BEARER)], tags=["chat"], responses=ANSWERS)
    accepted: dict[int | str, dict[str, Any]] = {
        202: {"model": ChatAnswer, "description": "The answer takes longer; the question is not lost."}
    }

    @router.post("/api/v1/chat/query", summary="Ask, as in any chat", responses=accepted)
    async def query(
        asked: ChatQuery, response: Response, key: Annotated[ApiKey, Depends(callers.may(Act.ask))]
    ) -> ChatAnswer:
        answer = await asking.ask(key, asked)
        response.status_code = 200 if answer.complete else 202
        return answer

    return router


def _plain(text: str) -> str:
    """Without characters that neither database nor chat can hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", " ", text)


def _is_progress(slot: str, reply: Reply) -> bool:
    return ":looking" in slot and ":looking" in reply.key


def _answer(reply: Reply) -> Answer:
    card: Json = card_as_json(reply.card)
    return Answer(title=reply.card.title, tone=reply.card.tone, markdown=as_markdown(reply.card, _VIEW), card=card)
