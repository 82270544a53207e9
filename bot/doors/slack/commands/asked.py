"""One use of `/hilda`: who typed what where, and the ways to answer it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_bolt.async_app import AsyncAck

from bot.doors.slack.conversations import Place
from bot.doors.slack.reception import Reception
from bot.doors.slack.spoken import plain
from domain.cards import Card, Text, card
from domain.people import Person
from domain.plain_json import Json


@dataclass(frozen=True)
class Asked:
    reception: Reception
    body: Json
    ack: AsyncAck
    who: tuple[Person, str]
    """The person and their zone."""
    word: str
    rest: str
    """What stood after the word, as it was typed, with Slack's escapes."""

    @property
    def person(self) -> Person:
        return self.who[0]

    @property
    def words(self) -> str:
        return plain(self.rest)

    @property
    def key(self) -> str:
        return self.reception.listener.key(self.body, "command", str(self.body.get("trigger_id") or ""))

    async def place(self) -> Place:
        """The channel it was typed in; of direct conversations only ours, since we are in no other."""
        channel = str(self.body.get("channel_id") or "")
        if channel.startswith("D") or not channel:
            return await self.reception.direct(self.person.id)
        return Place(self.reception.listener.installation.team, channel)

    async def answer(self, card: Card) -> None:
        """Only for who typed it."""
        await self.reception.answer(self.ack, self.body, card)

    async def say(self, title: str, words: str) -> None:
        await self.answer(card(title, Text(words), cluster=self.reception.label))

    async def opened(self, *, window: bool) -> None:
        """Acknowledge; with a word where the window did not open."""
        if window:
            await self.ack()
        else:
            await self.say("The window did not open", "Slack was too slow. Send the command again.")


@dataclass(frozen=True)
class Word:
    name: str
    usage: str
    summary: str
    do: Callable[[Asked], Awaitable[None]]
