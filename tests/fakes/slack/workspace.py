"""What a workspace holds: people, channels, messages, files, views. No rules here, only who and what."""

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.fakes.slack.clock import Clock
from tests.fakes.slack.shapes import Json


@dataclass
class User:
    id: str
    name: str
    team_id: str
    real_name: str = ""
    timezone: str = "Europe/Berlin"
    tz_offset: int = 3600
    is_bot: bool = False
    guest: str = ""
    """"" for a member, "multi" for a guest of several channels, "single" for a guest of one."""
    deleted: bool = False
    is_admin: bool = False
    enterprise_id: str = ""
    home: Json = None
    """The Home tab that the app published for this person."""
    modals: list["View"] = field(default_factory=list)
    """Open modals, the top one last."""


@dataclass
class Message:
    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    subtype: str = ""
    attachments: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    metadata: Json = None
    edited: Json = None
    only_for: str = ""
    """The one person who sees it: an ephemeral message."""
    streaming: bool = False
    markdown: str = ""
    """What was streamed so far."""
    tasks: dict[str, Json] = field(default_factory=dict)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    unfurl_links: bool | None = None
    broadcast: bool = False
    team: str = ""
    chosen: dict[str, Json] = field(default_factory=dict)
    """user id → state.values of the elements in the message, as that person's client holds them."""

    def shown(self, files: dict[str, "File"], *, metadata: bool = False) -> dict[str, Json]:
        """As the Web API and events show it; metadata only where it was asked for."""
        message: dict[str, Json] = {"type": "message", "text": self.text, "ts": self.ts}
        for key in ("user", "subtype", "bot_id", "app_id", "username", "edited", "team"):
            if value := getattr(self, key):
                message[key] = copy.deepcopy(value)
        if metadata and self.metadata:
            message["metadata"] = copy.deepcopy(self.metadata)
        if self.blocks:
            message["blocks"] = copy.deepcopy(self.blocks)
        if self.attachments:
            message["attachments"] = copy.deepcopy(self.attachments)
        if self.files:
            message["files"] = [files[one].shown() for one in self.files if one in files]
        if self.thread_ts:
            message["thread_ts"] = self.thread_ts
        if self.reactions:
            message["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.streaming:
            message["streaming_state"] = "in_progress"
        return message


@dataclass
class Channel:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    private: bool = False
    archived: bool = False
    shared: bool = False
    """Slack Connect: people of other workspaces are in it."""
    direct: bool = False
    several: bool = False
    """A direct conversation of more than two."""
    topic: str = ""
    messages: list[Message] = field(default_factory=list)

    def find(self, ts: str) -> Message | None:
        return next((one for one in reversed(self.messages) if one.ts == ts), None)

    def thread(self, ts: str) -> list[Message]:
        """The parent and its replies, oldest first, without what only one person sees."""
        return [one for one in self.messages if ts in (one.ts, one.thread_ts) and not one.only_for]

    @property
    def kind(self) -> str:
        if self.several:
            return "mpim"
        return "im" if self.direct else "group" if self.private else "channel"

    def shown(self, bot: str) -> dict[str, Json]:
        if self.direct:
            other = next((one for one in self.members if one != bot), "")
            return {"id": self.id, "is_im": True, "user": other, "is_archived": self.archived, "created": 1}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": not self.private,
            "is_group": self.private,
            "is_im": False,
            "is_mpim": self.several,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": bot in self.members,
            "is_shared": self.shared,
            "is_ext_shared": self.shared,
            "is_org_shared": False,
            "is_general": False,
            "created": 1,
            "num_members": len(self.members),
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass
class File:
    id: str
    name: str
    length: int
    title: str = ""
    alt_txt: str = ""
    content: bytes | None = None
    completed: bool = False
    url: str = ""
    user: str = ""

    @property
    def is_image(self) -> bool:
        return (self.content or b"")[:4] in (b"\x89PNG", b"GIF8") or (self.content or b"")[:2] == b"\xff\xd8"

    def shown(self) -> dict[str, Json]:
        extension = self.name.rpartition(".")[2]
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "size": self.length,
            "filetype": extension,
            "mimetype": "image/png" if extension == "png" else "text/plain",
            "alt_txt": self.alt_txt,
            "user": self.user,
            "mode": "hosted",
            "url_private": self.url,
            "permalink": self.url,
        }


@dataclass
class View:
    id: str
    user: str
    content: Json
    hash: str
    app_id: str
    bot_id: str
    team_id: str
    root: str = ""
    previous: str = ""
    state: dict[str, Json] = field(default_factory=dict)

    def shown(self) -> dict[str, Json]:
        """As views.* answer with it and payloads carry it."""
        whole: dict[str, Json] = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            **copy.deepcopy(self.content),
        }
        return {
            **whole,
            "id": self.id,
            "team_id": self.team_id,
            "app_id": self.app_id,
            "app_installed_team_id": self.team_id,
            "bot_id": self.bot_id,
            "hash": self.hash,
            "root_view_id": self.root or self.id,
            "previous_view_id": self.previous or None,
            "state": {"values": copy.deepcopy(self.state)},
        }


@dataclass
class Workspace:
    clock: Clock
    team_id: str = "T0HOME"
    domain: str = "home"
    enterprise_id: str = ""
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _last_ts: float = 0.0

    def id(self, letter: str) -> str:
        return f"{letter}{next(self._numbers):08d}"

    def ts(self) -> str:
        """A new message's ts: the time, and no other message's."""
        self._last_ts = max(round(self.clock.now(), 6), round(self._last_ts + 0.000001, 6))
        return f"{self._last_ts:.6f}"

    def hash(self) -> str:
        return f"{self.clock.now():.0f}.{next(self._numbers):08x}"

    def direct(self, *users: str) -> Channel:
        """The direct conversation of exactly these two, opened if need be."""
        for channel in self.channels.values():
            if channel.direct and channel.members == set(users):
                return channel
        channel = Channel(self.id("D"), "", set(users), direct=True)
        self.channels[channel.id] = channel
        return channel

    def post(self, channel: Channel, message: Message) -> Message:
        channel.messages.append(message)
        return message

    def named(self, name: str) -> User | None:
        return next((user for user in self.users.values() if user.name == name), None)
