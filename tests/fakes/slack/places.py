"""Channels and direct conversations, as tests look at them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fakes.slack.seen import Seen, seen_message
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import Channel, Message

if TYPE_CHECKING:
    from tests.fakes.slack.driver import Person
    from tests.fakes.slack.server import FakeSlack

Wanted = str | Callable[[Seen], bool]


class NotThere(AssertionError):
    """A person looked for something that is not to be seen."""


@dataclass
class Place:
    """A channel or a direct conversation."""

    slack: "FakeSlack"
    channel: Channel

    @property
    def id(self) -> str:
        return self.channel.id

    def seen(self, message: Message) -> Seen:
        return seen_message(self.slack.workspace, message)

    def messages(self, by: "Person | None" = None) -> list[Seen]:
        """Everything there, threads included, oldest first; private ones only for whom they are."""
        return [self.seen(one) for one in self.channel.messages if self._shown(one, by.user.id if by else "")]

    def _shown(self, message: Message, reader: str) -> bool:
        """A private message in a thread shows only where somebody has replied: chat.postEphemeral's page says so."""
        if not message.only_for:
            return True
        replied = not message.thread_ts or len(self.channel.thread(message.thread_ts)) > 1
        return message.only_for == reader and replied

    def thread(self, of: Seen, by: "Person | None" = None) -> list[Seen]:
        """A message and its replies."""
        parent = of.thread_ts or of.ts
        return [one for one in self.messages(by) if parent in (one.ts, one.thread_ts)]

    def again(self, seen: Seen) -> Seen:
        """The same message as it is now."""
        message = self.channel.find(seen.ts)
        if message is None:
            raise NotThere(f"The message {seen.text!r} is gone.")
        return self.seen(message)

    async def sees(
        self, wanted: Wanted, *, within: float = 5.0, by: "Person | None" = None, after: Seen | None = None
    ) -> Seen:
        """Wait for a message: one that reads so (case does not matter) or of which the function is true."""
        fits = wanted if callable(wanted) else _reads(wanted)
        since = after.ts if after else ""
        try:
            async with asyncio.timeout(within):
                while True:
                    for message in reversed(self.channel.messages):
                        if message.ts <= since or not self._shown(message, by.user.id if by else ""):
                            continue
                        if fits(seen := self.seen(message)):
                            return seen
                    await asyncio.sleep(0.01)
        except TimeoutError:
            told = "\n---\n".join(one.words for one in self.messages(by))
            raise NotThere(f"No message with {wanted!r} within {within} s. There is:\n{told}") from None

    async def archives(self) -> None:
        self.channel.archived = True
        event = {"type": "channel_archive", "channel": self.id, "user": "U0ADMIN"}
        await self._told(event, "channel_archive")

    async def kicks_the_bot(self) -> None:
        """The app is removed from the channel, and hears that it left."""
        kind = "group_left" if self.channel.private else "channel_left"
        sent = self.slack.events.emit(self.channel, {"type": kind, "channel": self.id}, kind)
        self.channel.members.discard(self.slack.app.bot_user)
        await tried(sent)

    async def takes_in_the_bot(self, by: "Person") -> None:
        self.channel.members.add(self.slack.app.bot_user)
        event = {
            "type": "member_joined_channel",
            "user": self.slack.app.bot_user,
            "channel": self.id,
            "channel_type": "G" if self.channel.private else "C",
            "team": self.slack.workspace.team_id,
            "inviter": by.user.id,
        }
        await self._told(event, "member_joined_channel")

    async def _told(self, event: dict[str, Json], subscription: str) -> None:
        event["event_ts"] = self.slack.workspace.ts()
        await tried(self.slack.events.emit(self.channel, event, subscription))


def _reads(words: str) -> Callable[[Seen], bool]:
    return lambda seen: words.lower() in seen.words.lower() or words in seen.buttons


async def tried(deliveries: Sequence[Json]) -> None:
    for delivery in deliveries:
        await delivery.first.wait()
