"""The Web API's front: tokens, scopes, rate limits, arguments. What each method does is in methods/.

Source of what is common to all methods: https://docs.slack.dev/apis/web-api and the errors that every method page
lists.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import Channel, Message, User

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

METHOD_PAGES = "https://docs.slack.dev/reference/methods"


@dataclass
class Call:
    """One call of a method by the app."""

    slack: "FakeSlack"
    method: str
    args: Mapping[str, Json]

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def needs(self, name: str) -> str:
        if self.args.get(name) in (None, ""):
            raise Refused("invalid_arguments", messages=(f"missing required field: {name}",))
        return str(self.args[name])

    def json(self, name: str) -> Json:
        """An argument that is JSON, be it as such or as a string, as forms carry it."""
        value = self.args.get(name)
        if isinstance(value, str) and value:
            try:
                return json.loads(value)
            except ValueError as bad:
                error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise Refused(error, messages=(f"{name} is not JSON",)) from bad
        return value

    def flag(self, name: str) -> bool | None:
        value = self.args.get(name)
        return None if value is None else str(value).lower() in ("true", "1")

    def channel(self, name: str = "channel", *, readable: bool = False) -> Channel:
        """The channel meant; one that the app cannot see is as good as none."""
        app, workspace = self.slack.app, self.slack.workspace
        channel = workspace.channels.get(self.needs(name))
        hidden = channel is not None and (channel.private or channel.direct) and app.bot_user not in channel.members
        if channel is None or hidden:
            raise Refused("channel_not_found")
        if readable and app.bot_user not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        message = channel.find(self.needs(name))
        if message is None or message.only_for:
            raise Refused("message_not_found")
        return message

    def user(self, name: str = "user") -> User:
        user = self.slack.workspace.users.get(self.needs(name))
        if user is None:
            raise Refused("user_not_found")
        return user

    def page(self, items: list[Json], default: int = 100) -> tuple[list[Json], dict[str, Json]]:
        """Cursor pagination: https://docs.slack.dev/apis/web-api/pagination."""
        cursor, limit = self.text("cursor"), int(self.text("limit") or default)
        if cursor and not cursor.startswith("next:"):
            raise Refused("invalid_cursor")
        if not 1 <= limit <= 1000:
            raise Refused("invalid_limit")
        if self.slack.app.sold_outside_marketplace and self.method in HISTORIES:
            limit = min(limit, 15)
        start = int(cursor.removeprefix("next:") or 0) if cursor else 0
        following = start + limit
        more = f"next:{following}" if following < len(items) else ""
        return items[start:following], {"next_cursor": more}


Handler = Callable[[Call], Awaitable[dict[str, Json]]]


@dataclass(frozen=True)
class Method:
    name: str
    handler: Handler
    scopes: tuple[str, ...]
    """Any one of these is enough; none when empty."""
    tier: str
    token: str
    """"bot" or "app"."""

    @property
    def source(self) -> str:
        return f"{METHOD_PAGES}/{self.name}"


HISTORIES = ("conversations.history", "conversations.replies")
"""https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps"""
METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, tier: str = "", token: str = "bot") -> Callable[[Handler], Handler]:
    def known(handler: Handler) -> Handler:
        METHODS[name] = Method(name, handler, scopes, tier, token)
        return handler

    return known


@dataclass
class Mishap:
    """What a test lets go wrong with the next calls of a method."""

    error: str = ""
    retry_after: int = 0
    answer_lost: bool = False
    """The call is done, but its answer never arrives."""
    seconds: float = 0.0
    times: int = 1


@dataclass
class Log:
    """One call as it came and what was answered."""

    method: str
    args: Mapping[str, Json]
    answer: dict[str, Json]
    at: float


@dataclass
class WebApi:
    slack: "FakeSlack"
    calls: list[Log] = field(default_factory=list)
    mishaps: dict[str, list[Mishap]] = field(default_factory=dict)
    down: bool = False
    """Nothing is answered but 503, as in an outage."""
    turned_away: int = 0
    """Calls that came meanwhile."""

    def called(self, method: str) -> list[Log]:
        """The calls of a method that were done."""
        return [log for log in self.calls if log.method == method and log.answer["ok"]]

    def refused(self, method: str) -> list[Log]:
        return [log for log in self.calls if log.method == method and not log.answer["ok"]]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        if self.down:
            self.turned_away += 1
            return web.Response(status=503, text="upstream connect error", headers={"Content-Type": "text/plain"})
        mishap = self._mishap(name)
        if mishap.seconds:
            await asyncio.sleep(mishap.seconds)
        args: Mapping[str, Json] = {}
        try:
            args, token = await _arguments(request)
            body = await self._done(name, args, token, mishap)
        except Refused as refused:
            body = refused.body()
            self.calls.append(Log(name, args, body, self.slack.clock.now()))
            if refused.retry_after:
                return web.json_response(body, status=429, headers={"Retry-After": str(refused.retry_after)})
            return web.json_response(body, headers=self._scopes(name))
        self.calls.append(Log(name, args, body, self.slack.clock.now()))
        if mishap.answer_lost:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(body, headers=self._scopes(name))

    async def _done(self, name: str, args: Mapping[str, Json], token: str, mishap: Mishap) -> dict[str, Json]:
        known = METHODS.get(name)
        if known is None:
            raise Refused("unknown_method", req_method=name)
        self._authorised(known, token)
        if mishap.error:
            raise Refused(mishap.error, retry_after=mishap.retry_after)
        channel = str(args.get("channel") or args.get("channel_id") or "")
        slow = self.slack.app.sold_outside_marketplace and name in HISTORIES
        if wait := self.slack.rates.take(name, "tier 1" if slow else known.tier, channel, self.slack.clock.now()):
            raise Refused("ratelimited", retry_after=wait)
        return {"ok": True, **await known.handler(Call(self.slack, name, args))}

    def _authorised(self, known: Method, token: str) -> None:
        app = self.slack.app
        if not token:
            raise Refused("not_authed")
        if token not in (app.bot_token, app.app_token):
            raise Refused("invalid_auth")
        if app.state == "revoked":
            raise Refused("token_revoked")
        if app.state == "uninstalled":
            raise Refused("account_inactive")
        if token != (app.bot_token if known.token == "bot" else app.app_token):
            raise Refused("not_allowed_token_type")
        if known.scopes and not app.scopes.intersection(known.scopes):
            raise Refused("missing_scope", needed=known.scopes[0], provided=",".join(sorted(app.scopes)))
        if known.token == "app" and not app.app_scopes.intersection(("connections:write",)):
            raise Refused("missing_scope", needed="connections:write", provided=",".join(sorted(app.app_scopes)))

    def _scopes(self, name: str) -> dict[str, str]:
        """Headers that say what the token may do and what the method takes."""
        accepted = METHODS[name].scopes if name in METHODS else ()
        return {
            "X-OAuth-Scopes": ",".join(sorted(self.slack.app.scopes)),
            "X-Accepted-OAuth-Scopes": ",".join(accepted),
            "X-Slack-Req-Id": self.slack.workspace.id("r"),
        }

    def _mishap(self, name: str) -> Mishap:
        waiting = self.mishaps.get(name) or self.mishaps.get("*") or []
        if not waiting:
            return Mishap()
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times <= 0 else waiting[0]


async def _arguments(request: web.Request) -> tuple[Mapping[str, Json], str]:
    """Arguments from the query, a form or JSON, and the token from its header or from a form."""
    args: dict[str, Json] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError as bad:
            raise Refused("invalid_json") from bad
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        args.update(body)
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        args.update(await request.post())
    elif request.can_read_body and await request.read():
        raise Refused("invalid_post_type")
    token = str(args.pop("token", ""))
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return args, bearer if scheme == "Bearer" and bearer else token
