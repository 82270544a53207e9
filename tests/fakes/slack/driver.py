"""People and channels, as tests use them. The same words work over HTTP and over Socket Mode.

A person writes (writing.py), presses and commands (pressing.py), fills in modals (modals.py), and opens the app's own
places (here).
"""

import asyncio
from dataclasses import dataclass

from tests.fakes.slack.modals import ModalUser
from tests.fakes.slack.places import NotThere, Place, tried
from tests.fakes.slack.seen import Seen, SeenView, seen_view
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import Message
from tests.fakes.slack.writing import HeldBack

__all__ = ["HeldBack", "NotThere", "Person", "Place"]


@dataclass
class Person(ModalUser):
    """One user of the workspace, with everything that people do in Slack."""

    @property
    def home(self) -> SeenView | None:
        return seen_view(self.slack.workspace, self.user.home) if self.user.home else None

    async def opens_home(self, tab: str = "home") -> None:
        """Open the app's Home ("home") or its Messages tab ("messages")."""
        direct = self.slack.direct(self)
        event: dict[str, Json] = {
            "type": "app_home_opened",
            "user": self.user.id,
            "channel": direct.id,
            "tab": tab,
            "event_ts": self.slack.workspace.ts(),
        }
        if tab == "messages":
            event["context"] = self.context
        if tab == "home" and self.user.home:
            event["view"] = self.user.home.shown()
        await tried(self.slack.events.emit(None, event, "app_home_opened"))

    async def sees_home(self, wanted: str = "", *, within: float = 3.0) -> SeenView:
        try:
            async with asyncio.timeout(within):
                while not (self.home and wanted.lower() in self.home.words.lower()):
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise NotThere(f"No {wanted!r} in Home. There is: {self.home.words if self.home else 'nothing'}") from None
        assert self.home is not None
        return self.home

    async def looks_at(self, place: Place) -> None:
        """Open a channel beside the conversation: https://docs.slack.dev/reference/events/app_context_changed.

        Messages to the app carry it from then on as `app_context`.
        """
        entity = {"type": "slack#/types/channel_id", "value": place.id, "team_id": self.slack.workspace.team_id}
        self.context = {"entities": [entity]}
        event: dict[str, Json] = {
            "type": "app_context_changed",
            "user": self.user.id,
            "channel": self.slack.direct(self).id,
            "context": self.context,
            "event_ts": self.slack.workspace.ts(),
        }
        await tried(self.slack.events.emit(None, event, "app_context_changed"))

    async def opens_assistant(self, beside: Place | None = None) -> Seen:
        """The older assistant pane: a new thread in the direct conversation, and the event that announces it."""
        workspace, direct = self.slack.workspace, self.slack.direct(self)
        message = Message(direct.id, workspace.ts(), self.slack.app.bot_user, text="New Assistant Thread")
        message.subtype = "assistant_app_thread"
        workspace.post(direct.channel, message)
        context = {"channel_id": beside.id, "team_id": workspace.team_id} if beside else {}
        event: dict[str, Json] = {
            "type": "assistant_thread_started",
            "assistant_thread": {
                "user_id": self.user.id,
                "context": context,
                "channel_id": direct.id,
                "thread_ts": message.ts,
            },
            "event_ts": workspace.ts(),
        }
        await tried(self.slack.events.emit(None, event, "assistant_thread_started"))
        return direct.seen(message)

    def status_of(self, thread: Seen) -> str:
        """What stands under the thread while the app works, until it answers or for two minutes."""
        key = (thread.channel, thread.thread_ts or thread.ts)
        status, since = self.slack.statuses.get(key, ("", 0.0))
        answered_since = any(
            float(one.ts) > since and one.bot_id == self.slack.app.bot_id
            for one in self.slack.workspace.channels[thread.channel].thread(key[1])
        )
        return "" if answered_since or self.slack.clock.now() - since > 120 else status
