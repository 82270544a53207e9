"""Boxes that one person ticked are ticked for everybody: Slack itself shows a tick only to who set it."""

import re

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.reception import Reception
from bot.doors.ticks import tick_for_everybody
from domain.plain_json import Json, dig


class Ticking:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def register(self, app: AsyncApp) -> None:
        app.action(re.compile("^hilda:tick:"))(self.on_tick)

    async def on_tick(self, body: Json, ack: AsyncAck) -> None:
        listener = self._reception.listener
        await listener.on_action(body, ack)
        post = f"{dig(body, 'channel', 'id', default='')}/{dig(body, 'message', 'ts', default='')}"
        self._reception.later(self.show(post, await listener.conversation_of(body)))

    async def show(self, post: str, conversation: str) -> None:
        """The list as the incident remembers it, once what was pressed is on record."""
        await self._reception.done(conversation)
        await tick_for_everybody(self._reception.store, post, conversation)
