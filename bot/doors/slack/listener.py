"""What Slack delivers becomes an Incoming, durably a job, and only then is acknowledged.

Delivered twice (retries, a mention that is also a message, several workspaces of one enterprise) is heard once: the key
of a message is its channel and ts, the key of a click its message, moment, person and button.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.conversations import Place
from bot.doors.slack.installation import Installation
from bot.doors.slack.people import People
from bot.doors.slack.render.values import Pressed, pressed
from bot.doors.slack.spoken import whole
from domain import job_kinds
from domain.cards import Action, Text, card
from domain.conversations import opener
from domain.messages import ButtonPressed, Incoming, Message, Reply
from domain.people import Person, Role
from domain.plain_json import Json, dig
from domain.wire import incoming_as_json
from store.record import Store

SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""Subtypes of messages that a person wrote; of the others Slack itself is the author."""
_ACTIONS = frozenset(get_args(Action))
_STOP = re.compile(r"\s*(stop|cancel|abort|halt)\s*[.!]*\s*", re.IGNORECASE)

log = structlog.get_logger()


@dataclass
class Listener:
    """Everything that people say and press; commands, modals and the Home tab have files of their own."""

    store: Store
    people: People
    installation: Installation
    cluster: str
    wake: Callable[[], None]
    """There is a new job."""
    say: Callable[[str, Reply], Awaitable[None]]
    stop: Callable[[str, Person], Awaitable[None]]
    """Stop what is being done in a conversation, on whichever replica."""

    def register(self, app: AsyncApp) -> None:
        app.event("app_mention")(self.on_message)
        app.event("message")(self.on_message)
        app.action(re.compile("^hilda:"))(self.on_action)
        app.event(re.compile(".*"))(_nothing_to_do)
        app.action(re.compile(".*"))(_nothing_to_do)

    async def on_message(self, body: Json) -> None:
        event = body.get("event") or {}
        match event.get("subtype"):
            case "message_changed":
                await self._changed(body, event)
            case "message_deleted":
                await self._deleted(body, event)
            case _:
                await self._said(body, event, event)

    async def on_action(self, body: Json, ack: AsyncAck) -> None:
        message = body.get("message") or {}
        for action in body.get("actions") or ():
            found = pressed(action, message)
            if not found and action.get("type") != "checkboxes":
                await self._from_another_release(body, action)
            for number, one in enumerate(found):
                await self._pressed(body, action, one, number)
        await ack()

    async def hear(self, incoming: Incoming) -> bool:
        """Hand it over durably; False when it was delivered before."""
        kind = job_kinds.incoming(self.cluster)
        new = await self.store.jobs.put(incoming.id, kind, incoming_as_json(incoming), incoming.conversation)
        if new is not None:
            self.wake()
        return new is not None

    def key(self, body: Json, *what: str) -> str:
        """The durable name of one delivery: equal for every way in which Slack may bring the same thing."""
        return ":".join(("slack", self.installation.tenant, str(body.get("api_app_id") or ""), *what))

    async def _said(self, body: Json, event: Json, message: Json, edited: str = "") -> None:
        """`message` is what was written; of an edit it is inside the event."""
        user, channel, ts = (
            str(found or "") for found in (message.get("user"), event.get("channel"), message.get("ts"))
        )
        if not (user and channel and ts) or not self._by_a_person(message):
            return
        at = _moment(ts)
        if at is None:
            log.warning("slack sent a message without a moment", channel=channel)
            return
        place = Place.of_message(self.installation.team, channel, ts, str(message.get("thread_ts") or ""))
        conversation = await self.conversation_at(place)
        if not await self._for_me(event, message, conversation, place):
            return
        team = str(message.get("user_team") or message.get("source_team") or message.get("team") or "")
        person, zone = await self.people.author(user, team)
        text = whole(message, self.installation.bot_user) or "help"
        if _STOP.fullmatch(text) and await self._stopped(conversation, person):
            return
        key = self.key(body, channel, ts, *([f"edited:{edited}"] if edited else []))
        await self.hear(Message(key, person, conversation, text, at, zone))

    async def _stopped(self, conversation: str, person: Person) -> bool:
        """Whether there was something to stop; said as a message it would wait until what it stops is over."""
        if not await self.store.jobs.waiting(conversation) or not await self._is_somebody(person):
            return False
        await self.stop(conversation, person)
        return True

    async def _is_somebody(self, person: Person) -> bool:
        """Whether they may do anything at all; who may not hears why from who answers."""
        return await self.people.role(person, await self.store.identities.role_of(person)) > Role.nobody

    def _by_a_person(self, message: Json) -> bool:
        """Other bots are not answered, whatever they say: two that answer each other never stop."""
        return (
            str(message.get("subtype") or "") in SPOKEN
            and not message.get("bot_id")
            and not message.get("bot_profile")
            and message.get("user") not in {self.installation.bot_user, "USLACKBOT"}
        )

    async def conversation_at(self, place: Place) -> str:
        """The conversation there: a thread below something said unasked bears the name it was given before it began."""
        begun = await self.store.outbox.conversation_of(f"{place.channel}/{place.thread}") if place.thread else ""
        return begun or place.conversation

    async def _for_me(self, event: Json, message: Json, conversation: str, place: Place) -> bool:
        if event.get("type") == "app_mention" or place.direct:
            return True
        if f"<@{self.installation.bot_user}" in str(message.get("text") or ""):
            return True
        return bool(message.get("thread_ts")) and (bool(opener(conversation)) or await self._part_of(conversation))

    async def _part_of(self, conversation: str) -> bool:
        """Whether Hilda was spoken to in that thread, or spoke there."""
        if await self.store.jobs.of(conversation):
            return True
        return bool(await self.store.conversations.recent(conversation, 1))

    async def _changed(self, body: Json, event: Json) -> None:
        """A message that says something else now is heard anew; link previews and the like change nothing said."""
        message, before = event.get("message") or {}, event.get("previous_message") or {}
        edited = str(dig(message, "edited", "ts", default=""))
        if not edited or message.get("text") == before.get("text"):
            return
        await self.store.jobs.withdraw(self.key(body, str(event.get("channel")), str(message.get("ts"))))
        await self._said(body, event, message, edited)

    async def _deleted(self, body: Json, event: Json) -> None:
        """What was taken back before it was answered needs no answer."""
        before, ts = event.get("previous_message") or {}, str(event.get("deleted_ts") or "")
        channel, user = str(event.get("channel") or ""), str(before.get("user") or "")
        if not (channel and ts and user) or not self._by_a_person(before):
            return
        if await self.store.jobs.withdraw(self.key(body, channel, ts)) == "running":
            place = Place.of_message(self.installation.team, channel, ts, str(before.get("thread_ts") or ""))
            person, _ = await self.people.author(user)
            await self.stop(await self.conversation_at(place), person)

    async def _pressed(self, body: Json, action: Json, found: Pressed, number: int) -> None:
        if found.action not in _ACTIONS:
            return
        person, zone = await self.presser(body)
        conversation = await self.conversation_of(body)
        if found.action == "stop" and await self._is_somebody(person):
            await self.stop(conversation, person)
            return
        await self.hear(
            ButtonPressed(
                id=self.click_key(body, action, number),
                author=person,
                conversation=conversation,
                action=found.action,  # type: ignore[arg-type]
                subject=found.subject,
                digest_prefix=found.digest_prefix,
                at=_moment(str(action.get("action_ts") or "")) or datetime.now(UTC),
                zone=zone,
            )
        )

    async def _from_another_release(self, body: Json, action: Json) -> None:
        person, _ = await self.presser(body)
        told = card(
            "This button no longer works",
            Text("It was made by another release of mine. Ask me again, and I show you one that does."),
            tone="warning",
        )
        key = f"{self.click_key(body, action)}:private"
        await self.say(await self.conversation_of(body), Reply(told, key=key, audience="person", person=person))

    async def presser(self, body: Json) -> tuple[Person, str]:
        """Who pressed, and their zone."""
        user = body.get("user") or {}
        return await self.people.author(str(user.get("id") or ""), str(user.get("team_id") or ""))

    async def conversation_of(self, body: Json) -> str:
        """The conversation of a card in which something was pressed."""
        return await self.conversation_at(self.place_of(body))

    def place_of(self, body: Json) -> Place:
        """Where a card stands in which something was pressed."""
        channel = str(dig(body, "channel", "id") or dig(body, "container", "channel_id") or "")
        thread = str(dig(body, "message", "thread_ts") or dig(body, "container", "thread_ts") or "")
        ts = str(dig(body, "message", "ts") or dig(body, "container", "message_ts") or "")
        if not channel:
            return Place(self.installation.team, str(dig(body, "user", "id", default="")))
        return Place.of_message(self.installation.team, channel, ts, thread)

    def click_key(self, body: Json, action: Json, number: int = 0) -> str:
        """One click, however often it is delivered; two clicks are two."""
        where = str(dig(body, "container", "message_ts") or dig(body, "container", "view_id") or "")
        user = str(dig(body, "user", "id", default=""))
        return self.key(body, where, str(action.get("action_ts")), user, str(action.get("action_id")), str(number))


async def _nothing_to_do(ack: AsyncAck) -> None:
    await ack()


def _moment(ts: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None
