"""What an interaction gives an app to act with: a trigger_id and a response_url.

https://docs.slack.dev/interactivity/handling-user-interaction: a trigger_id works once and for 3 seconds; a
response_url works 5 times within 30 minutes.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from tests.fakes.slack.methods.chat import content_of, ephemeral, must_be_a_parent
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call
from tests.fakes.slack.workspace import Channel, Message

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

TRIGGER_LIVES = 3.0
URL_LIVES = 30 * 60.0
URL_USES = 5


@dataclass
class Triggers:
    slack: "FakeSlack"
    _issued: dict[str, tuple[str, float]] = field(default_factory=dict)
    _exchanged: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def issue(self, user: str) -> str:
        number = next(self._numbers)
        trigger = f"{number}.{number + 1000}.{number:08x}"
        self._issued[trigger] = (user, self.slack.clock.now())
        return trigger

    def exchange(self, trigger: str) -> str:
        """The person whose deed it was."""
        if trigger not in self._issued:
            raise Refused("invalid_trigger_id")
        user, since = self._issued[trigger]
        if self.slack.clock.now() - since > TRIGGER_LIVES:
            raise Refused("expired_trigger_id")
        if trigger in self._exchanged:
            raise Refused("exchanged_trigger_id")
        self._exchanged.add(trigger)
        return user


@dataclass
class _Url:
    user: str
    channel: Channel
    message: Message | None
    since: float
    uses: int = 0


@dataclass
class ResponseUrls:
    slack: "FakeSlack"
    issued: dict[str, _Url] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def issue(self, user: str, channel: Channel, message: Message | None = None) -> str:
        key = f"{next(self._numbers):06x}"
        self.issued[key] = _Url(user, channel, message, self.slack.clock.now())
        return f"{self.slack.url}/response/{key}"

    async def take(self, request: web.Request) -> web.Response:
        url = self.issued.get(request.match_info["key"])
        if self.slack.api.down:
            return web.Response(status=503)
        if url is None:
            return web.json_response({"ok": False, "error": "invalid_url"}, status=404)
        if self.slack.clock.now() - url.since > URL_LIVES:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if url.uses >= URL_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        try:
            args = await request.json()
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        try:
            answered(self.slack, args, url.user, url.channel, url.message)
        except Refused as refused:
            return web.Response(status=400, text=refused.error)
        url.uses += 1
        return web.Response(text="ok")


def answered(
    slack: "FakeSlack", args: dict[str, Json], user: str, channel: Channel, source: Message | None = None
) -> None:
    """What a response_url or a command's direct answer does: a private message unless it says otherwise."""
    call = Call(slack, "response_url", {key: value for key, value in args.items() if value is not None})
    if args.get("delete_original"):
        if source is None or (source.bot_id != slack.app.bot_id):
            raise Refused("cant_delete_message")
        channel.messages.remove(source)
        return
    public = args.get("response_type") == "in_channel"
    content, _ = content_of(call, ephemeral=not public)
    if args.get("replace_original") and source is not None:
        before = source.shown(slack.workspace.files)
        for key, value in content.items():
            setattr(source, key, value)
        if not source.only_for:
            slack.events.changed(channel, source, before)
        return
    thread = call.text("thread_ts")
    must_be_a_parent(channel, thread)
    message = ephemeral(call, channel, "" if public else user, thread, content)
    if public:
        slack.events.posted(channel, message)
