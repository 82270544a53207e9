"""What Teams waits for an answer to: presses, thumbs, and cards that want to know how they look for somebody.

Answered at once. What comes of a press is said by updating the message, so that everybody sees the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.doors.teams import feedback, investigating
from bot.doors.teams.activities import key_of, moment, where, who, zone
from bot.doors.teams.listener import Listener
from bot.doors.teams.places import Place
from bot.doors.teams.render.card import CONTENT_TYPE
from bot.doors.teams.render.refresh import Refresh, wanted
from bot.doors.teams.render.values import Pressed, pressed
from bot.doors.teams.views import NoView
from domain.errors import HildaError
from domain.messages import ButtonPressed, FormSubmitted, Incoming
from domain.people import Person
from domain.plain_json import Json, dig

MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
_TEXTS = {
    "approve": "Your approval is on its way; the card will say what became of it.",
    "reject": "Your no is on its way; the card will say so.",
    "revoke": "You take it back; the card will say so.",
    "tick": "Noted.",
}
_NOBODY = "I cannot tell who you are."


@dataclass
class Invokes:
    listener: Listener
    view: Callable[[Refresh, Person, str], Awaitable[Json]]
    """How a card looks for a person of that account; NoView where it has no look of its own."""
    rated: Callable[[Json, Person | None, str], Awaitable[bool]]
    """Whether what somebody thought of an answer could be read, and was kept."""
    investigate: Callable[[Json], Awaitable[Json]]
    """Look into a message that somebody points at."""
    ticked: Callable[[Place, str, str], None]
    """Ticks were saved on a message of a place, which is in a conversation."""

    async def answer(self, activity: Json) -> Json:
        """The body of the answer."""
        if activity.get("name") == feedback.NAME:
            return await self._rate(activity)
        if investigating.is_meant(activity):
            return await self.investigate(activity)
        if activity.get("name") != "adaptiveCard/action":
            return _error(501, "NotSupported", "Hilda does not know this.")
        value = activity.get("value")
        if (asked := wanted(value)) is not None:
            return await self._view(activity, asked)
        return await self.press(activity, value)

    async def press(self, activity: Json, value: Any) -> Json:
        """One button: durably a job, and a word for who pressed."""
        found, person = pressed(value), who(activity)
        if person is None:
            return _error(403, "Forbidden", _NOBODY)
        if found is None:
            return _error(
                400, "BadRequest", "This button was made by another release of mine. Ask me again for a new one."
            )
        conversation = await self.listener.conversation_at(where(activity))
        if found.action == "stop" and await self.listener.able(person):
            await self.listener.stop(conversation, person)
            return _told("Stopped.")
        for incoming in _meant(activity, found, person, conversation):
            await self.listener.put(incoming)
        if found.action == "tick":
            self.ticked(where(activity), str(activity.get("replyToId") or ""), conversation)
        return _told(_TEXTS.get(found.action, "One moment."))

    async def _rate(self, activity: Json) -> Json:
        """Nothing at all, since Teams takes no other answer here."""
        conversation = await self.listener.conversation_at(where(activity))
        kept = await self.rated(activity, who(activity), conversation)
        return {} if kept else _error(400, "BadRequest", "This is no feedback that Hilda knows.")

    async def _view(self, activity: Json, asked: Refresh) -> Json:
        """Only looked up: nothing is done, and nothing is kept. Who gets an error goes on seeing the shared card."""
        person = who(activity)
        if person is None:
            return _error(403, "Forbidden", _NOBODY)
        try:
            shown = await self.view(asked, person, str(dig(activity, "from", "id", default="")))
        except NoView as why:
            return _error(404, "NotFound", str(why))
        except HildaError as why:
            return _error(503, "TryAgain", str(why))
        return {"statusCode": 200, "type": CONTENT_TYPE, "value": shown}


def _meant(activity: Json, found: Pressed, person: Person, conversation: str) -> list[Incoming]:
    at, there = moment(activity), zone(activity)
    key = key_of(activity, found.action, found.subject)
    if found.action == "tick" and not found.subject:
        return [ButtonPressed(f"{key}:{box}", person, conversation, "tick", box, "", at, there) for box in found.ticked]
    if found.is_form:
        values = {**found.fields, "digest_prefix": found.digest_prefix}
        return [FormSubmitted(key, person, conversation, found.action, found.subject, values, at, there)]
    return [ButtonPressed(key, person, conversation, found.action, found.subject, found.digest_prefix, at, there)]


def _told(text: str) -> Json:
    return {"statusCode": 200, "type": MESSAGE_TYPE, "value": text}


def _error(status: int, code: str, message: str) -> Json:
    return {"statusCode": status, "type": ERROR_TYPE, "value": {"code": code, "message": message}}
