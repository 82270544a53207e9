"""What people say in Teams becomes an Incoming, durably a job, and only then is answered.

Delivered twice is heard once: the key is the conversation, the activity, the person and the action.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.doors.following import STOP
from bot.doors.teams import investigating
from bot.doors.teams.activities import key_of, moment, where, who, zone
from bot.doors.teams.addresses import Address, Addresses
from bot.doors.teams.places import DOOR, Place
from bot.doors.teams.spoken import mentions_us, words
from bot.doors.teams.welcome import unknown, welcome
from domain import job_kinds
from domain.conversations import opener
from domain.messages import Incoming, Message, Reply
from domain.people import Person
from domain.plain_json import Json, dig
from domain.wire import incoming_as_json
from store.record import Store

_STOP = re.compile(r"\s*(stop|cancel|abort|halt)\s*[.!]*\s*", re.IGNORECASE)

log = structlog.get_logger()


async def _any(message: Message, _activity: Json) -> Message:
    return message


async def _unanswered(_activity: Json) -> Json:
    return {}


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
    question: Callable[[Message, Json], Awaitable[Message | None]] = _any
    """What of a message is a question; None for a command of this door, which is then answered."""
    met: Callable[[Person], None] = lambda _: None
    """Somebody was heard."""
    invoked: Callable[[Json], Awaitable[Json]] = _unanswered
    """The body of the answer to what Teams waits for."""

    async def hear(self, activity: Json) -> Json | None:
        """One activity that was checked, as it came; the body of the answer to an invoke, None for anything else."""
        place, person = where(activity), who(activity)
        if not dig(activity, "conversation", "id"):
            return None
        kind = str(activity.get("type") or "")
        if not str(activity.get("name") or "").startswith(investigating.PREFIX):
            await self._remember(activity, place, person)
        match kind:
            case "message" if activity.get("value") is not None and not activity.get("text"):
                # Action.Submit, of clients that know no Action.Execute.
                pressed = {"action": {"data": activity["value"], "verb": dig(activity, "value", "verb")}}
                await self.invoked({**activity, "name": "adaptiveCard/action", "value": pressed})
            case "message":
                await self._said(activity, place, person)
            case "messageUpdate" if dig(activity, "channelData", "eventType") == "editMessage":
                await self._changed(activity, place, person)
            case "messageDelete":
                await self._deleted(activity, place)
            case "installationUpdate" | "conversationUpdate":
                await self._installed(activity, place)
            case "invoke":
                return await self.invoked(activity)
            case _:
                log.debug("nothing to do", kind=kind)
        return None

    async def _said(self, activity: Json, place: Place, person: Person | None, edited: str = "") -> None:
        if dig(activity, "from", "role") == "bot":
            return  # Two bots that answer each other never stop.
        if not edited and place.thread == activity.get("id") and not mentions_us(activity):
            return  # A new post among people; nobody is part of its thread yet.
        conversation = await self.conversation_at(place)
        if not await self._for_me(activity, conversation):
            return
        if person is None:
            await self.say(conversation, Reply(unknown(), key=f"{key_of(activity, 'unknown')}:private"))
            return
        text = words(activity) or "help"
        if _STOP.fullmatch(text) and await self.store.jobs.waiting(conversation) and await self.able(person):
            await self.stop(conversation, person)
            return
        key = key_of(activity, "said", edited)
        message = Message(key, person, conversation, text, moment(activity), zone(activity))
        asked = await self.question(message, activity)
        if asked is not None:
            await self.put(asked)
        else:
            # Answered at once: we take part here from now on.
            await self.store.conversations.heard(conversation, person, text, key)

    async def _for_me(self, activity: Json, conversation: str) -> bool:
        """Everything in a chat with one person; elsewhere what mentions us, or goes on where we take part."""
        if dig(activity, "conversation", "conversationType") in {"personal", None} or mentions_us(activity):
            return True
        if opener(conversation) or await self.store.jobs.of(conversation):
            return True
        return bool(await self.store.conversations.recent(conversation, 1))

    async def _changed(self, activity: Json, place: Place, person: Person | None) -> None:
        """A message that says something else now is heard anew."""
        await self.store.jobs.withdraw(key_of(activity, "said"))
        await self._said(activity, place, person, edited=str(activity.get("timestamp") or "again"))

    async def _deleted(self, activity: Json, place: Place) -> None:
        """What was taken back before it was answered needs no answer."""
        person = who(activity)
        if await self.store.jobs.withdraw(key_of(activity, "said")) == "running" and person is not None:
            await self.stop(await self.conversation_at(place), person)

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

    async def put(self, incoming: Incoming) -> None:
        """Hand it over durably; delivered before, it is there already."""
        kind = job_kinds.incoming(self.cluster)
        new = await self.store.jobs.put(incoming.id, kind, incoming_as_json(incoming), incoming.conversation)
        if new is not None:
            self.wake()

    async def stop(self, conversation: str, by: Person) -> None:
        """Whichever replica works on it."""
        await self.store.journal.append(f"conversation:{conversation}", STOP, {"by": str(by)})

    async def conversation_at(self, place: Place) -> str:
        """The conversation there: a thread below something said unasked bears the name it was given before it began."""
        begun = await self.store.outbox.conversation_of(f"{place.chat}/{place.thread}") if place.thread else ""
        return begun or place.conversation

    async def _remember(self, activity: Json, place: Place, person: Person | None) -> None:
        kind = dig(activity, "conversation", "conversationType")
        bot = str(dig(activity, "recipient", "id", default=""))
        service, is_personal = str(activity.get("serviceUrl") or ""), kind == "personal"
        address = Address(service, place.chat, bot, threads=kind == "channel", personal=is_personal)
        name, account = (str(dig(activity, "from", key, default="")) for key in ("name", "id"))
        await self.addresses.heard(place, address, person, name, account)
        if person is not None:
            self.met(person)
