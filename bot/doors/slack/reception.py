"""What commands, shortcuts, modals and the Home tab share: who asks, private answers, windows, work for later."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.doors.beside import Beside, done
from bot.doors.slack.calls import Away, Busy, Calls, Refused
from bot.doors.slack.conversations import Place
from bot.doors.slack.listener import Listener
from bot.doors.slack.render.card import draw
from bot.doors.slack.render.post import Post, View
from domain.cards import Card, ClusterLabel
from domain.errors import HildaError
from domain.levels import Level
from domain.messages import Incoming, Message, Reply
from domain.people import Person, Role
from domain.plain_json import Json, dig
from policy.roles import Act, may
from store.record import Store

WHO_SECONDS = 0.3
"""How much longer a window or a command waits for Slack to say who somebody is: all of it has three seconds."""
RESPONSES = 5
"""Uses of one response_url."""
_EXPECTED = (HildaError, Refused, Busy, Away, SlackClientError, OSError, TimeoutError)

Systems = Callable[[], Awaitable[tuple[tuple[str, str], ...]]]
"""How connected systems are, as rows of name and state."""

log = structlog.get_logger()


@dataclass
class Reception:
    listener: Listener
    calls: Calls
    label: ClusterLabel
    highest: Level
    systems: Systems
    clock: Callable[[], datetime]
    _directs: dict[str, Place] = field(default_factory=dict)
    _beside: Beside = field(default_factory=lambda: Beside(_EXPECTED))

    @property
    def store(self) -> Store:
        return self.listener.store

    async def who(self, body: Json) -> tuple[Person, str]:
        """Who did this, and their zone: of a command, a shortcut or a click."""
        if "user_id" in body:
            return await self.listener.people.author(str(body["user_id"]), str(body.get("team_id") or ""))
        return await self.listener.presser(body)

    async def role_of(self, person: Person) -> Role:
        """What they may do here; as far as Slack says in time who they are."""
        bound = await self.store.identities.role_of(person)
        return await self.listener.people.role(person, bound, WHO_SECONDS)

    async def may(self, person: Person, act: Act) -> bool:
        return may(await self.role_of(person), act)

    async def direct(self, user: str) -> Place:
        """The direct conversation with somebody; by their id where Slack does not say which it is."""
        team = self.listener.installation.team
        if user not in self._directs:
            try:
                said = await asyncio.wait_for(self.calls("conversations.open", users=user), WHO_SECONDS)
            except (Refused, Busy, Away, TimeoutError) as why:
                log.warning("a direct conversation could not be found", why=str(why))
                return Place(team, user)
            self._directs[user] = Place(team, str(dig(said, "channel", "id", default=user)))
        return self._directs[user]

    async def ask(self, key: str, text: str, who: tuple[Person, str], place: Place) -> bool:
        """Let somebody say something there, as if they had typed it."""
        person, zone = who
        conversation = await self.listener.conversation_at(place)
        return await self.hear(Message(key, person, conversation, text, self.clock(), zone))

    async def hear(self, incoming: Incoming) -> bool:
        return await self.listener.hear(incoming)

    async def open(self, body: Json, view: Json) -> bool:
        """Show a modal to whoever did this; False where Slack does not do it any more."""
        try:
            await self.calls("views.open", trigger_id=str(body.get("trigger_id") or ""), view=view)
        except (Refused, Busy, Away) as why:
            log.warning("a modal could not be opened", why=str(why))
            return False
        return True

    async def change(self, view_id: str, view: Json) -> None:
        """Show something else in a modal, unless it was closed."""
        try:
            await self.calls("views.update", view_id=view_id, view=view)
        except (Refused, Busy, Away) as why:
            log.info("a modal could not be changed", why=str(why))

    async def answer(self, ack: AsyncAck, body: Json, card: Card) -> None:
        """Answer a command, only for who gave it; what needs more than one message follows."""
        posts = draw(card, View(charts_as_pictures=False))
        await ack(text=posts[0].text, blocks=list(posts[0].blocks))
        if len(posts) > 1:
            self.later(self._respond(str(body.get("response_url") or ""), posts[1:RESPONSES]))

    async def tell(self, body: Json, key: str, card: Card) -> None:
        """Say something to one person, where they are."""
        person, _ = await self.who(body)
        conversation = await self.listener.conversation_of(body)
        await self.listener.say(conversation, Reply(card, key=key, audience="person", person=person))

    async def done(self, conversation: str) -> bool:
        """Wait until everything that was heard in a conversation has been done; False where that takes too long."""
        return await done(self.store, conversation)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that nothing depends on, after Slack has been answered."""
        self._beside.later(work)

    async def close(self) -> None:
        await self._beside.close()

    async def _respond(self, url: str, posts: tuple[Post, ...]) -> None:
        client = AsyncWebhookClient(url, timeout=5)
        for post in posts:
            await client.send(text=post.text, blocks=list(post.blocks), response_type="ephemeral")
