"""A Bot Connector service that behaves, on loopback, and people who speak through it.

Rules and their sources: paths and answers
(https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference), rates
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit), sizes
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages), channel threads and
mentions (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-messages), new posts of
a channel (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages);
streams are in streams.py.
"""

import asyncio
import itertools
import json
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from tests.fakes.teams.members import Members
from tests.fakes.teams.streams import RefusedByTeams as RefusedByTeams
from tests.fakes.teams.streams import Streams, info_of

LARGEST = 100_000
RATES = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))
Json = dict[str, Any]


@dataclass
class Shown:
    """One message as people see it now."""

    id: str
    conversation: str
    activity: Json
    edits: int = 0

    @property
    def card(self) -> Json:
        attachments = self.activity.get("attachments") or [{}]
        found: Json = attachments[0].get("content") or {}
        return found

    @property
    def text(self) -> str:
        """Everything that can be read on it."""
        return "\n".join([str(self.activity.get("text") or ""), *_texts(self.card)])

    def buttons(self) -> Iterator[Json]:
        """Every Action.Execute, those inside a card that is shown by another button included."""
        yield from (e for e in _objects(self.card) if e.get("type") == "Action.Execute")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot's, and what came of it."""

    at: float
    """When it was answered, by the wall clock."""
    method: str
    conversation: str
    message: str
    """The id of what was posted or shown anew; "" where there is none."""
    about: str
    """The id of the message that it answers, where that was said."""
    refused: str
    """Status and code where it was refused, "" otherwise."""


@dataclass
class FakeTeams:
    """Conversations, what stands in them, and the bot's URL."""

    url: str
    app_id: str
    tenant: str
    bot_url: str = ""
    token: Callable[[], str] = lambda: ""
    """What authenticates the service to the bot."""
    expects: str = ""
    """The bearer token that the bot has to bring, "" for any."""
    clock: Callable[[], float] = time.monotonic
    messages: dict[str, list[Shown]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """Conversations that the bot may write into."""
    down: int = 0
    """Answer so many requests with 502."""
    refusals: dict[str, RefusedByTeams] = field(default_factory=dict)
    """By conversation."""
    refuses: Callable[[Json], bool] = lambda _activity: False
    """Whether a card is not taken."""
    lost: int = 0
    """Do so many requests and answer them with 504 all the same."""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    """What the bot answered to each delivery."""
    calls: list[Call] = field(default_factory=list)
    """What the bot asked for, in order."""
    streams: Streams = field(init=False)
    members: Members = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1_700_000_000_000))
    _calls: dict[str, deque[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.members = Members(self.tenant)
        self.streams = Streams(lambda: self.clock())

    def person(self, name: str, zone: str = "Europe/Berlin") -> "Human":
        return Human(self, name, zone)

    def in_thread(self, conversation: str) -> list[Shown]:
        return self.messages.get(conversation, [])

    def place_of(self, shown: Shown) -> str:
        """The conversation, with its thread, in which a message stands."""
        return next(where for where, messages in self.messages.items() if shown in messages)

    async def sees(self, conversation: str, words: str, within: float = 20) -> Shown:
        """The newest message there that says these words, once there is one."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for shown in reversed(self.in_thread(conversation)):
                if words in shown.text:
                    return shown
            await asyncio.sleep(0.02)
        said = "\n---\n".join(shown.text for shown in self.in_thread(conversation))
        raise AssertionError(f"{words!r} was not seen in {conversation}; there is:\n{said}")

    async def deliver(self, activity: Json) -> tuple[int, Any]:
        """One activity to the bot, as the service brings it: status and body of the answer."""
        headers = {"authorization": f"Bearer {token}"} if (token := self.token()) else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.bot_url, json=activity, headers=headers) as response,
        ):
            text = await response.text()
            answer = response.status, json.loads(text) if text.startswith(("{", "[")) else text
            self.answers.append(answer)
            return answer

    def number(self) -> str:
        return str(next(self._numbers))

    # The service's side.

    async def on_send(self, request: web.Request) -> web.Response:
        conversation, activity = await self._checked(request)
        if info := info_of(activity):
            return self._streamed(conversation, activity, info)
        if _is_channel(conversation) and ";" not in conversation:
            raise RefusedByTeams(400, "BadArgument", "a new post in a channel is a new conversation")
        self.known.add(conversation)
        shown = [self._add(conversation, part) for part in _split(activity)]
        return web.json_response({"id": shown[0].id} if len(shown) == 1 else {}, status=201 if len(shown) == 1 else 202)

    def _streamed(self, chat: str, activity: Json, info: Json) -> web.Response:
        """One update of a stream, or its end: what people see is the newest of them."""
        stream = str(info.get("streamId") or "")
        if not stream:
            stream = self.number()
            self.streams.begin(chat, stream, activity, info)
            self.messages.setdefault(chat, []).append(Shown(stream, chat, activity))
            return web.json_response({"id": stream}, status=201)
        if self.streams.go_on(chat, activity, info):
            self._find(chat, stream).activity, *more = _split(activity)
            for part in more:
                self._add(chat, part)
        return web.json_response({}, status=202)

    def _add(self, conversation: str, activity: Json) -> Shown:
        shown = Shown(self.number(), conversation, activity)
        self.messages.setdefault(conversation, []).append(shown)
        return shown

    async def on_update(self, request: web.Request) -> web.Response:
        conversation, activity = await self._checked(request)
        found = self._find(conversation, unquote(request.match_info["message"]))
        self.streams.may_change(found.id)
        if len(_split(activity)) > 1:
            raise RefusedByTeams(400, "BadSyntax", "Activity resulted into multiple skype activities")
        found.activity, found.edits = activity, found.edits + 1
        return web.json_response({"id": found.id})

    async def on_delete(self, request: web.Request) -> web.Response:
        conversation = unquote(request.match_info["conversation"])
        found = self._find(conversation, unquote(request.match_info["message"]))
        for messages in self.messages.values():
            if found in messages:
                messages.remove(found)
        return web.json_response({})

    async def on_create(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        self._let_in(request)
        if wanted.get("tenantId") != self.tenant:
            raise RefusedByTeams(400, "BadArgument", "tenantId")
        if not wanted.get("isGroup"):
            chat = f"a:{wanted['members'][0]['id']}"
            self.known.add(chat)
            return web.json_response({"id": chat}, status=201)
        channel = wanted["channelData"]["channel"]["id"]
        self._allowed(channel)
        if not _is_channel(channel):
            raise RefusedByTeams(400, "BadArgument", "channelData.channel.id")
        message = Shown(self.number(), channel, self._presentable(wanted["activity"]))
        thread = f"{channel};messageid={message.id}"
        self.known.add(thread)
        self.messages[thread] = [message]
        return web.json_response({"id": thread, "activityId": message.id}, status=201)

    async def on_member(self, request: web.Request) -> web.Response:
        self._let_in(request)
        return await self.members.on_get(request)

    async def called(self, request: web.Request, response: web.StreamResponse, refused: str = "") -> None:
        """Keep it in mind."""
        conversation, named = (unquote(request.match_info.get(name, "")) for name in ("conversation", "message"))
        answer = json.loads(response.body) if isinstance(response, web.Response) and response.body else {}
        is_reply = request.method == "POST" and named
        message = named
        if request.method == "POST":
            stream = info_of(json.loads(await request.read())) or {}
            message = str(answer.get("id") or stream.get("streamId") or "")
        about = named if is_reply else ""
        self.calls.append(Call(time.time(), request.method, conversation, message, about, refused))

    def _find(self, conversation: str, message: str) -> Shown:
        for shown in self.messages.get(conversation, ()):
            if shown.id == message:
                return shown
        raise RefusedByTeams(404, "ActivityNotFoundInConversation")

    async def _checked(self, request: web.Request) -> tuple[str, Json]:
        self._let_in(request)
        conversation = unquote(request.match_info["conversation"])
        self._allowed(conversation)
        return conversation, self._presentable(json.loads(await request.read()))

    def _allowed(self, conversation: str) -> None:
        if conversation in self.refusals:
            raise self.refusals[conversation]
        if conversation not in self.known and conversation.partition(";")[0] not in self.known:
            raise RefusedByTeams(404, "ConversationNotFound")
        self._rate(conversation)

    def _presentable(self, activity: Json) -> Json:
        for attachment in activity.get("attachments") or ():
            if attachment.get("contentType") != "application/vnd.microsoft.card.adaptive":
                raise RefusedByTeams(400, "BadSyntax", "contentType")
            if attachment["content"].get("type") != "AdaptiveCard" or not attachment["content"].get("version"):
                raise RefusedByTeams(400, "BadSyntax", "no card")
        if self.refuses(activity):
            raise RefusedByTeams(400, "BadSyntax", "the card")
        if len(_without_pictures(json.dumps(activity)).encode("utf-16-le")) > LARGEST:
            raise RefusedByTeams(413, "MessageSizeTooBig")
        return activity

    def _let_in(self, request: web.Request) -> None:
        if self.down:
            self.down -= 1
            raise RefusedByTeams(502, "BadGateway")
        if self.expects and request.headers.get("authorization") != f"Bearer {self.expects}":
            raise RefusedByTeams(401, "Unauthorized")

    def _rate(self, conversation: str) -> None:
        now = self.clock()
        calls = self._calls.setdefault(conversation, deque())
        for seconds, most in RATES:
            if sum(now - at < seconds for at in calls) >= most:
                raise RefusedByTeams(429, "TooManyRequests")
        calls.append(now)


@dataclass
class Human:
    """Somebody with an account in the tenant."""

    teams: FakeTeams
    name: str
    zone: str

    @property
    def id(self) -> str:
        return f"aad-{self.name}"

    @property
    def own_chat(self) -> str:
        """The conversation of this person and the bot alone."""
        return f"a:{self.id}"

    async def says(self, conversation: str, text: str, *, mention: bool = False, **more: Any) -> Json:
        """A message; in a channel without a thread it begins one."""
        activity = self.activity("message", conversation, text=text, **more)
        if mention:
            activity["text"] = f"<at>Hilda</at> {text}"
            mentioned = {"id": activity["recipient"]["id"], "name": "Hilda"}
            activity["entities"].append({"type": "mention", "mentioned": mentioned, "text": "<at>Hilda</at>"})
        await self.teams.deliver(activity)
        return activity

    async def presses(self, shown: Shown, verb: str, *, subject: str = "", **inputs: str) -> Any:
        """A button by what it does; the body of the bot's answer."""
        found = [b for b in shown.buttons() if b["verb"] == verb and subject in str(b["data"].get("subject"))]
        assert found, f"no button {verb!r} on {shown.text}"
        action = {"type": "Action.Execute", "verb": verb, "data": {**found[-1]["data"], **inputs}}
        return await self.invokes(self.teams.place_of(shown), action, reply_to=shown.id)

    async def invokes(self, conversation: str, action: Any, reply_to: str = "1", **more: Any) -> Any:
        value = {"action": action, "trigger": "manual"}
        activity = self.activity("invoke", conversation, name="adaptiveCard/action", value=value, replyToId=reply_to)
        return (await self.teams.deliver({**activity, **more}))[1]

    async def stops(self, shown: Shown) -> None:
        """The Stop button beside a stream."""
        self.teams.streams.stop(shown.id)

    def activity(self, kind: str, conversation: str, **more: Any) -> Json:
        number = self.teams.number()
        is_channel = "@thread.tacv2" in conversation
        if is_channel and ";messageid=" not in conversation:
            conversation = f"{conversation};messageid={number}"
        self.teams.known |= {conversation, conversation.partition(";")[0]}
        of = "channel" if is_channel else "groupChat" if conversation.startswith("19:") else "personal"
        return {
            "type": kind,
            "id": number,
            "timestamp": "2026-03-12T14:10:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.teams.url,
            "from": {"id": f"29:{self.name}", "name": self.name.title(), "aadObjectId": self.id},
            "recipient": {"id": f"28:{self.teams.app_id}", "name": "Hilda"},
            "conversation": {"id": conversation, "conversationType": of, "tenantId": self.teams.tenant},
            "channelData": {"tenant": {"id": self.teams.tenant}},
            "entities": [{"type": "clientInfo", "locale": "en-US", "timezone": self.zone}],
            **more,
        }


@asynccontextmanager
async def fake_teams(
    app_id: str = "app", tenant: str = "tenant", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[FakeTeams]:
    teams = FakeTeams("", app_id, tenant)

    @web.middleware
    async def refusals(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            found: web.StreamResponse = await handler(request)
            if teams.lost:
                teams.lost -= 1
                raise RefusedByTeams(504, "GatewayTimeout")
        except RefusedByTeams as why:
            answer = web.json_response({"error": {"code": why.code, "message": why.message}}, status=why.status)
            await teams.called(request, answer, f"{why.status} {why.code}")
            return answer
        await teams.called(request, found)
        return found

    app = web.Application(middlewares=[refusals], client_max_size=10_000_000)
    app.router.add_post("/v3/conversations", teams.on_create)
    app.router.add_get("/v3/conversations/{conversation}/members/{person}", teams.on_member)
    app.router.add_post("/v3/conversations/{conversation}/activities", teams.on_send)
    app.router.add_post("/v3/conversations/{conversation}/activities/{message}", teams.on_send)
    app.router.add_put("/v3/conversations/{conversation}/activities/{message}", teams.on_update)
    app.router.add_delete("/v3/conversations/{conversation}/activities/{message}", teams.on_delete)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
    await site.start()
    host, port = runner.addresses[0][:2]
    teams.url = f"http{'s' if tls else ''}://{host}:{port}/"
    try:
        yield teams
    finally:
        await runner.cleanup()


def _split(activity: Json) -> list[Json]:
    """Of a text and a card in one Teams makes two messages, and says the id of neither.

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
    """
    if not (activity.get("text") and activity.get("attachments")):
        return [activity]
    without = {key: value for key, value in activity.items() if key != "attachments"}
    return [without, {**activity, "text": ""}]


def _is_channel(conversation: str) -> bool:
    return "@thread.tacv2" in conversation


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _texts(card: Json) -> Iterator[str]:
    for element in _objects(card):
        if element.get("type") == "RichTextBlock":
            yield "".join(str(run["text"]) for run in element["inlines"]).replace("\u00a0", " ")
        elif isinstance(element.get("text"), str) and element.get("type") == "TextBlock":
            yield element["text"]


def _without_pictures(text: str) -> str:
    head, *more = text.split("data:image/png;base64,")
    return head + "".join(rest[rest.find('"') :] for rest in more)
