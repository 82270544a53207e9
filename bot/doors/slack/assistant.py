"""The assistant's surface: what to ask first, and that something is being done.

Apps with `agent_view` hear `app_home_opened` of the Messages tab; older ones `assistant_thread_started`.
"""

import asyncio
from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp

from bot.doors.slack.conversations import Place
from bot.doors.slack.listener import SPOKEN
from bot.doors.slack.manifest import PROMPTS
from bot.doors.slack.reception import Reception
from domain.plain_json import Json

STATUS = "is looking…"
HEARD_SECONDS = 2.0
"""How long a message may take until it is on record."""
HEARD_TRIES = 20


class Assistant:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def register(self, app: AsyncApp) -> None:
        app.event("assistant_thread_started")(self.on_thread)
        app.middleware(self.show_status)

    async def on_thread(self, event: Json) -> None:
        thread = event.get("assistant_thread") or {}
        channel, ts = str(thread.get("channel_id") or ""), str(thread.get("thread_ts") or "")
        if channel and ts:
            self._reception.later(self.suggest(channel, ts))

    async def suggest(self, channel: str, thread: str = "") -> None:
        """Offer the first questions; in the Messages tab they stand under no thread."""
        prompts = [{"title": title, "message": message} for title, message in PROMPTS]
        await self._reception.calls(
            "assistant.threads.setSuggestedPrompts", channel_id=channel, thread_ts=thread or None, prompts=prompts
        )

    async def show_status(self, body: Json, next_: Callable[[], Awaitable[None]]) -> None:
        """Under a thread of the direct conversation, until the first answer is there."""
        await next_()
        event = body.get("event") or {}
        a_person = event.get("user") and not event.get("bot_id") and str(event.get("subtype") or "") in SPOKEN
        thread = str(event.get("thread_ts") or "")
        if event.get("type") == "message" and event.get("channel_type") == "im" and a_person and thread:
            self._reception.later(self._status(str(event.get("channel")), thread))

    async def _status(self, channel: str, thread: str) -> None:
        """Once the message is on record, which it is not yet while middleware runs; taken back if that was too late."""
        jobs, conversation = self._reception.store.jobs, Place(self._team, channel, thread).conversation
        for _ in range(HEARD_TRIES):
            if await jobs.waiting(conversation):
                break
            await asyncio.sleep(HEARD_SECONDS / HEARD_TRIES)
        else:
            return
        await self._set_status(channel, thread, STATUS)
        if not await jobs.waiting(conversation):
            await self._set_status(channel, thread, "")

    async def _set_status(self, channel: str, thread: str, status: str) -> None:
        await self._reception.calls("assistant.threads.setStatus", channel_id=channel, thread_ts=thread, status=status)

    @property
    def _team(self) -> str:
        return self._reception.listener.installation.team
