"""What people write, change, take back and react to."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

from tests.fakes.slack.places import Place, tried
from tests.fakes.slack.seen import Seen
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import Channel, File, Message, User, Workspace

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack


class HeldBack(AssertionError):
    """Slack's client does not send this: it asks the person to mend it first."""


@dataclass
class Writer:
    """A person at the keyboard."""

    slack: "FakeSlack"
    user: User
    errors: list[str] = field(default_factory=list)
    """What Slack's client told them when something did not work."""
    context: dict[str, Json] = field(default_factory=dict)
    """What the person looks at beside the conversation with the app."""
    warned: dict[str, str] = field(default_factory=dict)
    """block_id → what stands under that field of the modal, from response_action errors."""

    @property
    def id(self) -> str:
        return self.user.id

    async def says(
        self, place: Place, text: str, *, thread: Seen | None = None, wait: bool = True, **more: Json
    ) -> Seen:
        """Write a message; returns after the first tries to deliver it.

        `@name` of a person and `#name` of a channel become mentions.
        """
        workspace = self.slack.workspace
        if self.id not in place.channel.members:
            raise HeldBack(f"{self.user.name} is not in {place.channel.name or 'that conversation'}.")
        if place.channel.archived:
            raise HeldBack(f"{place.channel.name} is archived.")
        written = self.encoded(text)
        message = Message(
            place.id,
            workspace.ts(),
            self.user.id,
            text=written,
            blocks=[_as_rich_text(written, workspace)],
            thread_ts=(thread.thread_ts or thread.ts) if thread else "",
            team=self.user.team_id,
            **more,
        )
        workspace.post(place.channel, message)
        foreign = self.user.team_id != workspace.team_id
        context = {"app_context": self.context} if place.channel.direct and self.context else {}
        connect = {"user_team": self.user.team_id, "source_team": self.user.team_id} if foreign else {}
        sent = self.slack.events.posted(
            place.channel, message, client_msg_id=workspace.id("msg-"), **connect, **context
        )
        if wait:
            await tried(sent)
        return place.seen(message)

    async def shares(
        self, place: Place, name: str, content: bytes, *, text: str = "", thread: Seen | None = None
    ) -> Seen:
        """Upload a file with a message; the app can fetch it from url_private with its token."""
        workspace = self.slack.workspace
        file = File(workspace.id("F"), name, len(content), content=content, completed=True, user=self.user.id)
        file.url = f"{self.slack.url}/files-pri/{workspace.team_id}-{file.id}/{name}"
        workspace.files[file.id] = file
        return await self.says(place, text, thread=thread, subtype="file_share", files=[file.id])

    def encoded(self, text: str) -> str:
        workspace = self.slack.workspace
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

        def mention(found: re.Match[str]) -> str:
            if found[1] in ("channel", "here", "everyone"):
                return f"<!{found[1]}>"
            user = workspace.named(found[1])
            return f"<@{user.id}>" if user else found[0]

        def channel(found: re.Match[str]) -> str:
            one = next((one for one in workspace.channels.values() if one.name == found[1]), None)
            return f"<#{one.id}|{one.name}>" if one else found[0]

        text = re.sub(r"(?<![\w.])@([a-z][\w-]*)", mention, text)
        text = re.sub(r"(?<!\w)#([a-z][\w-]*)", channel, text)
        return re.sub(r"https?://[^\s<>]+", lambda found: f"<{found[0]}>", text)

    async def edits(self, seen: Seen, text: str) -> None:
        channel, message = self._own(seen)
        before = message.shown(self.slack.workspace.files)
        message.text = self.encoded(text)
        message.blocks = [_as_rich_text(message.text, self.slack.workspace)]
        message.edited = {"user": self.user.id, "ts": self.slack.workspace.ts()}
        await tried(self.slack.events.changed(channel, message, before))

    async def deletes(self, seen: Seen) -> None:
        channel, message = self._own(seen)
        channel.messages.remove(message)
        await tried(self.slack.events.deleted(channel, message))

    def _own(self, seen: Seen) -> tuple[Channel, Message]:
        channel, message = self.find(seen)
        if message is None or message.user != self.user.id:
            raise HeldBack("People edit and delete their own messages.")
        return channel, message

    def find(self, seen: Seen) -> tuple[Channel, Message | None]:
        channel = self.slack.workspace.channels[seen.channel]
        return channel, channel.find(seen.ts)

    async def reacts(self, seen: Seen, name: str) -> None:
        channel, message = self.find(seen)
        assert message is not None
        message.reactions.setdefault(name, []).append(self.user.id)
        event = {
            "type": "reaction_added",
            "user": self.user.id,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self.slack.workspace.ts(),
        }
        await tried(self.slack.events.emit(channel, event, "reaction_added"))

    async def changes(self, **more: Json) -> None:
        """Something about the person is different now: `guest`, `timezone`, `deleted`, …"""
        for name, value in more.items():
            setattr(self.user, name, value)
        event = {"type": "user_change", "user": {"id": self.id}, "event_ts": self.slack.workspace.ts()}
        await tried(self.slack.events.emit(None, event, "user_change"))

    def reloads(self) -> None:
        """Slack's client starts anew: what only this person saw is gone."""
        for channel in self.slack.workspace.channels.values():
            channel.messages[:] = [one for one in channel.messages if one.only_for != self.user.id]


def _as_rich_text(written: str, workspace: Workspace) -> Json:
    """What Slack's client makes of what was typed: text, and leaves for mentions."""
    leaves: list[Json] = []
    for part in re.split(r"(<[^<>]+>)", written):
        target = part[1:-1].partition("|")[0]
        if not part:
            continue
        if not part.startswith("<"):
            leaves.append({"type": "text", "text": unescape(part)})
        elif target.startswith("@"):
            leaves.append({"type": "user", "user_id": target[1:]})
        elif target.startswith("#"):
            leaves.append({"type": "channel", "channel_id": target[1:]})
        elif target.startswith("!"):
            leaves.append({"type": "broadcast", "range": target[1:]})
        else:
            leaves.append({"type": "link", "url": target})
    section = {"type": "rich_text_section", "elements": leaves}
    return {"type": "rich_text", "block_id": workspace.id("b"), "elements": [section]}
