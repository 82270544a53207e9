"""What Teams delivers becomes an Incoming, durably a job, and only then is answered.

Delivered twice is heard once: the key is the conversation, the activity, the person and the action. An invoke is
answered at once; what comes of it is said by updating the message, so that everybody sees the same.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from bot.doors.following import STOP
from bot.doors.teams.addresses import Address, Addresses
from bot.doors.teams.places import DOOR, Place
from bot.doors.teams.render.values import Pressed, pressed
from bot.doors.teams.spoken import mentions_us, words
from bot.doors.teams.tokens import tenant_of
from bot.doors.teams.welcome import unknown, welcome
from domain import job_kinds
from domain.conversations import opener
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.people import Person
from domain.plain_json import Json, dig
from domain.wire import incoming_as_json
from store.record import Store

MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
_STOP = re.compile(r"\s*(stop|cancel|abort|halt)\s*[.!]*\s*", re.IGNORECASE)
_TEXTS = {
    "approve": "Your approval is on its way; the card will say what became of it.",
    "reject": "Your no is on its way; the card will say so.",
    "tick": "Noted.",
}

log = structlog.get_logger()


async def _never(_message: Message) -> bool:
    return False


@dataclass
class Listener:
    store: Store
    addresses: Addresses
    cluster: str
    wake: Callable[[], None]
    """There is a new job."""
    say: Callable[[str, Reply], Awaitable[None]]
    able: Callable[[Person], Awaitable[bool]]
    """Whether somebody may do anything at all."""
    command: Callable[[Message], Awaitable[bool]] = _never
    """Whether a message is a command of this door, which is then answered."""

    async def hear(self, activity: Json) -> Json | None:
        """One activity that was checked, as it came; the body of the answer to an invoke, None for anything else."""
        place, person = self._where(activity), self._who(activity)
        if not dig(activity, "conversation", "id"):
            return None
        kind = str(activity.get("type") or "")
        await self._remember(activity, place, person)
        match kind:
            case "message" if activity.get("value") is not None and not activity.get("text"):
                # Action.Submit, of clients that know no Action.Execute.
                await self._pressed(
                    activity, {"action": {"data": activity["value"], "verb": dig(activity, "value", "verb")}}
                )
            case "message":
                await self._said(activity, place, person)
            case "messageUpdate" if dig(activity, "channelData", "eventType") == "editMessage":
                await self._changed(activity, place, person)
            case "messageDelete":
                await self._deleted(activity, place)
            case "installationUpdate" | "conversationUpdate":
                await self._installed(activity, place)
            case "invoke":
                return await self._invoked(activity)
            case _:
                log.debug("nothing to do", kind=kind)
        return None

    async def _said(self, activity: Json, place: Place, person: Person | None, edited: str = "") -> None:
        if dig(activity, "from", "role") == "bot":
            return  # Two bots that answer each other never stop.
        conversation = await self._conversation_at(place)
        if not await self._for_me(activity, conversation):
            return
        if person is None:
            await self.say(conversation, Reply(unknown(), key=f"{self._key(activity, 'unknown')}:private"))
            return
        text = words(activity) or "help"
        if _STOP.fullmatch(text) and await self.store.jobs.waiting(conversation) and await self.able(person):
            await self._stop(conversation, person)
            return
        key = self._key(activity, "said", edited)
        message = Message(key, person, conversation, text, _moment(activity), _zone(activity))
        if not await self.command(message):
            await self.put(message)

    async def _for_me(self, activity: Json, conversation: str) -> bool:
        """Everything in a chat with one person; elsewhere what mentions us, or goes on where we take part."""
        if dig(activity, "conversation", "conversationType") in {"personal", None} or mentions_us(activity):
            return True
        if opener(conversation) or await self.store.jobs.of(conversation):
            return True
        return bool(await self.store.conversations.recent(conversation, 1))

    async def _changed(self, activity: Json, place: Place, person: Person | None) -> None:
        """A message that says something else now is heard anew."""
        await self.store.jobs.withdraw(self._key(activity, "said"))
        await self._said(activity, place, person, edited=str(activity.get("timestamp") or "again"))

    async def _deleted(self, activity: Json, place: Place) -> None:
        """What was taken back before it was answered needs no answer."""
        person = self._who(activity)
        if await self.store.jobs.withdraw(self._key(activity, "said")) == "running" and person is not None:
            await self._stop(await self._conversation_at(place), person)

    async def _installed(self, activity: Json, place: Place) -> None:
        """A welcome where we were added, once; no more unasked words where we were taken out."""
        us = dig(activity, "recipient", "id")
        if activity.get("action") == "remove" or us in {
            dig(gone, "id") for gone in activity.get("membersRemoved") or ()
        }:
            await self.addresses.forget(place)
            return
        added = activity.get("action") == "add" or us in {dig(new, "id") for new in activity.get("membersAdded") or ()}
        if added:
            channel = Place(place.tenant, place.chat)
            await self.say(channel.conversation, Reply(welcome(), key=f"{DOOR}:welcome:{channel.conversation}"))

    async def _invoked(self, activity: Json) -> Json:
        if activity.get("name") != "adaptiveCard/action":
            return _error(501, "NotSupported", "Hilda does not know this.")
        return await self._pressed(activity, activity.get("value"))

    async def _pressed(self, activity: Json, value: Any) -> Json:
        found, person = pressed(value), self._who(activity)
        if person is None:
            return _error(403, "Forbidden", "I cannot tell who you are.")
        if found is None:
            return _error(
                400, "BadRequest", "This button was made by another release of mine. Ask me again for a new one."
            )
        conversation = await self._conversation_at(self._where(activity))
        if found.action == "stop" and await self.able(person):
            await self._stop(conversation, person)
            return _told("Stopped.")
        for incoming in self._meant(activity, found, person, conversation):
            await self.put(incoming)
        return _told(_TEXTS.get(found.action, "One moment."))

    def _meant(self, activity: Json, found: Pressed, person: Person, conversation: str) -> list[Incoming]:
        at, zone = _moment(activity), _zone(activity)
        key = self._key(activity, found.action, found.subject)
        if found.action == "tick" and not found.subject:
            return [
                ButtonPressed(f"{key}:{box}", person, conversation, "tick", box, "", at, zone) for box in found.ticked
            ]
        if found.is_form:
            values = {**found.fields, "digest_prefix": found.digest_prefix}
            return [FormSubmitted(key, person, conversation, found.action, found.subject, values, at, zone)]
        return [ButtonPressed(key, person, conversation, found.action, found.subject, found.digest_prefix, at, zone)]

    async def put(self, incoming: Incoming) -> None:
        """Hand it over durably; delivered before, it is there already."""
        kind = job_kinds.incoming(self.cluster)
        new = await self.store.jobs.put(incoming.id, kind, incoming_as_json(incoming), incoming.conversation)
        if new is not None:
            self.wake()

    async def _stop(self, conversation: str, by: Person) -> None:
        """Whichever replica works on it."""
        await self.store.journal.append(f"conversation:{conversation}", STOP, {"by": str(by)})

    async def _conversation_at(self, place: Place) -> str:
        """The conversation there: a thread below something said unasked bears the name it was given before it began."""
        begun = await self.store.outbox.conversation_of(f"{place.chat}/{place.thread}") if place.thread else ""
        return begun or place.conversation

    async def _remember(self, activity: Json, place: Place, person: Person | None) -> None:
        kind = dig(activity, "conversation", "conversationType")
        bot = str(dig(activity, "recipient", "id", default=""))
        service, is_personal = str(activity.get("serviceUrl") or ""), kind == "personal"
        address = Address(service, place.chat, bot, threads=kind == "channel", personal=is_personal)
        await self.addresses.heard(place, address, person if is_personal else None)
        if person is not None:
            await self.addresses.called(person, str(dig(activity, "from", "name", default="")))

    def _where(self, activity: Json) -> Place:
        return Place.of(tenant_of(activity), str(dig(activity, "conversation", "id", default="")))

    def _who(self, activity: Json) -> Person | None:
        """By the id that their organisation gave them; the one Teams made up is another in each bot."""
        found = dig(activity, "from", "aadObjectId")
        return Person(DOOR, tenant_of(activity), str(found)) if found else None

    def _key(self, activity: Json, *what: str) -> str:
        """One delivery's durable name."""
        conversation, who = dig(activity, "conversation", "id"), dig(activity, "from", "aadObjectId")
        return ":".join(map(str, (DOOR, conversation, activity.get("id"), who, *filter(None, what))))


def _told(text: str) -> Json:
    return {"statusCode": 200, "type": MESSAGE_TYPE, "value": text}


def _error(status: int, code: str, message: str) -> Json:
    return {"statusCode": status, "type": ERROR_TYPE, "value": {"code": code, "message": message}}


def _moment(activity: Json) -> datetime:
    try:
        found = datetime.fromisoformat(str(activity.get("timestamp") or ""))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _zone(activity: Json) -> str:
    """The person's IANA zone: Teams says it in one of two places."""
    entities = [entity for entity in activity.get("entities") or () if isinstance(entity, dict)]
    said = [activity.get("localTimezone"), *(entity.get("timezone") for entity in entities)]
    for name in filter(None, said):
        try:
            return ZoneInfo(str(name)).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"
