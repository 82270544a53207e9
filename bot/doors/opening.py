"""The doors of chats: which of them the settings open, and what serving needs of each."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from bot.doors.delivery import Delivery
from bot.settings import Settings
from bot.worker import Worker
from graphs.desk import Desk


class ChatDoor(Protocol):
    delivery: Delivery

    @property
    def routes(self) -> Mapping[str, Any]:
        """Path below our own host → who receives what the platform sends there."""
        ...

    async def trouble(self) -> str:
        """Why it does not work now, "" while it does."""
        ...

    async def leave(self) -> None:
        """Hear nothing new."""
        ...


@asynccontextmanager
async def open_chats(settings: Settings, desk: Desk, worker: Worker) -> AsyncIterator[Mapping[str, ChatDoor]]:
    """Every chat that is set up, by name; perhaps none."""
    found: dict[str, ChatDoor] = {}
    async with contextlib.AsyncExitStack() as stack:
        if settings.slack_bot_token.get_secret_value():
            from bot.doors.slack.door import open_door as open_slack

            found["slack"] = await stack.enter_async_context(open_slack(settings, desk, worker))
        if settings.teams_app_id or settings.teams_development:
            from bot.doors.teams.door import open_door as open_teams

            found["teams"] = await stack.enter_async_context(open_teams(settings, desk, worker))
        yield found
