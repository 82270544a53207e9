"""The word "Investigate this" on any message: an alert or a log that somebody pasted is a question.

https://learn.microsoft.com/microsoftteams/platform/messaging-extensions/how-to/action-commands/create-task-module. The
answer comes where the message is when Hilda is there, too, and in the chat of who asked otherwise.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.doors.failures import Gone
from bot.doors.teams.activities import key_of, moment, where, who, zone
from bot.doors.teams.addresses import Addresses
from bot.doors.teams.places import Place
from bot.doors.teams.render.card import CONTENT_TYPE, draw
from bot.doors.teams.spoken import words
from domain.cards import Card, Text, card
from domain.messages import Incoming, Message
from domain.people import Person
from domain.plain_json import Json, dig

COMMAND = "investigate"
PREFIX = "composeExtension/"
"""Of the names of all such invokes: they come also from where Hilda is not."""
NAME = f"{PREFIX}fetchTask"
DEEPEST = 40
"""Levels of another card that are read."""
_SAYS = ("title", "subtitle", "text", "value", "fallbackText")
"""Properties of other people's cards that hold words."""

_THERE = card("I am looking", Text("The answer comes where the message is."))
_HERE = card("I am looking", Text("I am not where the message is; the answer comes in our own chat."))
_NOTHING = card(
    "There is nothing to read", Text("That message has no words. Paste what you see as text."), tone="warning"
)
_NOWHERE = card("I cannot answer you yet", Text("Open a chat with me first, then try again."), tone="warning")


@dataclass
class Investigating:
    addresses: Addresses
    put: Callable[[Incoming], Awaitable[None]]
    conversation_at: Callable[[Place], Awaitable[str]]

    async def asked(self, activity: Json) -> Json:
        """The body of the answer: a small window that says where to look."""
        person, said = who(activity), text_of(dig(activity, "value", "messagePayload", default={}))
        if person is None or not said:
            return _window(_NOTHING if person is not None else _NOWHERE)
        conversation, told = await self._where(where(activity), person)
        if conversation:
            key = key_of(activity, COMMAND)
            question = f"what is wrong?\n{said}"
            await self.put(Message(key, person, conversation, question, moment(activity), zone(activity)))
        return _window(told)

    async def _where(self, place: Place, person: Person) -> tuple[str, Card]:
        """The conversation of the answer and what is said of it; "" where there is none."""
        try:
            await self.addresses.of(place)
        except Gone:
            own = await self.addresses.own(person)
            return (Place(person.tenant, own.conversation).conversation, _HERE) if own is not None else ("", _NOWHERE)
        return await self.conversation_at(place), _THERE


def is_meant(activity: Json) -> bool:
    return activity.get("name") == NAME and dig(activity, "value", "commandId") == COMMAND


def text_of(message: Any) -> str:
    """All words of a message as Teams hands it over: its body, and the cards on it."""
    if not isinstance(message, dict):
        return ""
    kind = "xml" if dig(message, "body", "contentType") == "html" else "plain"
    body = words({"text": str(dig(message, "body", "content", default="")), "textFormat": kind})
    attachments = [one.get("content") for one in message.get("attachments") or () if isinstance(one, dict)]
    lines = [body, *(line for content in attachments for line in _words(_read(content)))]
    return "\n".join(line for line in lines if line)


def _read(content: Any) -> Any:
    """The content of an attachment: a card as JSON, or as the text of it."""
    if not isinstance(content, str):
        return content
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return {"text": content}


def _words(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _words(inner, depth + 1)
    if isinstance(value, dict):
        yield from (text.strip() for name in _SAYS if isinstance(text := value.get(name), str) and text.strip())
        for inner in value.values():
            yield from _words(inner, depth + 1)


def _window(shown: Card) -> Json:
    (post, *_) = draw(shown)
    value = {"title": "Hilda", "height": "small", "width": "small"}
    return {
        "task": {"type": "continue", "value": {**value, "card": {"contentType": CONTENT_TYPE, "content": post.card}}}
    }
