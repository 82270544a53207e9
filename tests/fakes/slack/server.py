"""A Slack that behaves, on loopback: Web API, events over signed HTTP or Socket Mode, and people who use it.

    async with fake_slack() as slack:
        alice, bob = slack.user("alice"), slack.user("bob", timezone="Asia/Tokyo", tz_offset=32400)
        shop = slack.channel("shop", alice, bob)                       # the bot is in it too
        slack.app.request_url = "http://127.0.0.1:3000/slack/events"   # leave it out for Socket Mode
        asked = await alice.says(shop, "@hilda why is checkout slow?")
        card = await shop.sees("Approve", within=10)
        await bob.presses(card, "Approve")

Point slack_sdk at it with `AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)`. Its rules are in
payloads.py and shapes.py (Block Kit), rules.py lists those of the Web API; each with its source and what it refuses.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fakes.slack import signing
from tests.fakes.slack.application import App
from tests.fakes.slack.clock import Clock
from tests.fakes.slack.driver import Person, Place
from tests.fakes.slack.events import Events
from tests.fakes.slack.methods import chat, conversations, files, others, people, streams, views
from tests.fakes.slack.rates import Rates
from tests.fakes.slack.roads import Attempt, HttpRoad, Sockets
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.triggers import ResponseUrls, Triggers
from tests.fakes.slack.web_api import Mishap, WebApi
from tests.fakes.slack.workspace import Channel, Message, User, Workspace

FAMILIES = (chat, conversations, files, others, people, streams, views)
"""Importing them makes their methods known."""


class FakeSlack:
    def __init__(self, url: str, *, enterprise_id: str = "") -> None:
        self.url = url
        self.clock = Clock()
        self.workspace = Workspace(self.clock, enterprise_id=enterprise_id)
        self.app = App()
        self.rates = Rates()
        self.api = WebApi(self)
        self.http = HttpRoad(self)
        self.sockets = Sockets(self)
        self.events = Events(self)
        self.triggers = Triggers(self)
        self.response_urls = ResponseUrls(self)
        self.statuses: dict[tuple[str, str], tuple[str, float]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.prompts: dict[tuple[str, str], list[Json]] = {}
        self.attempts: list[tuple[str, Attempt]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        bot = User(self.app.bot_user, "hilda", self.workspace.team_id, "Hilda", is_bot=True)
        self.workspace.users[bot.id] = bot

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def road(self) -> HttpRoad | Sockets:
        return self.sockets if self.app.socket_mode else self.http

    async def send(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Attempt:
        """Deliver a payload the way the app is set up; `attempts` keeps how it went and how long it took."""
        attempt = await self.road.send(kind, payload, retry, reason)
        self.attempts.append((kind, attempt))
        return attempt

    def user(self, name: str, **more: Any) -> Person:
        """A person of this workspace; `team_id` of another one makes a stranger by Slack Connect, `guest` a guest."""
        team = more.pop("team_id", self.workspace.team_id)
        user = User(self.workspace.id("U"), name, team, more.pop("real_name", name.title()), **more)
        self.workspace.users[user.id] = user
        return Person(self, user)

    def channel(
        self, name: str, *people: Person, bot: bool = True, private: bool = False, shared: bool = False
    ) -> Place:
        channel = Channel(self.workspace.id("C"), name, {one.user.id for one in people}, private, shared=shared)
        if bot:
            channel.members.add(self.app.bot_user)
        self.workspace.channels[channel.id] = channel
        return Place(self, channel)

    def direct(self, person: Person) -> Place:
        """The person's conversation with the app."""
        return Place(self, self.workspace.direct(person.user.id, self.app.bot_user))

    def group(self, *people: Person) -> Place:
        """A direct conversation of several people and the app: https://docs.slack.dev/reference/events/message.mpim."""
        members = {self.app.bot_user, *(one.user.id for one in people)}
        name = f"mpdm-{'--'.join(sorted(one.user.name for one in people))}-1"
        channel = Channel(self.workspace.id("G"), name, members, private=True, several=True)
        self.workspace.channels[channel.id] = channel
        return Place(self, channel)

    async def alerts(self, place: Place, text: str, **more: Any) -> "Any":
        """A message of another app, as an alert manager's webhook posts it."""
        message = Message(
            place.channel.id,
            self.workspace.ts(),
            "",
            text=text,
            bot_id="B0ALERTS",
            app_id="A0ALERTS",
            subtype="bot_message",
            username=more.pop("username", "alertmanager"),
            **more,
        )
        self.workspace.post(place.channel, message)
        await first_tried(self.events.posted(place.channel, message))
        return place.seen(message)

    def refuse(self, method: str, error: str, *, retry_after: int = 0, times: int = 1) -> None:
        """Let the next calls of a method ("*" for any) be refused; with retry_after as 429."""
        self.api.mishaps.setdefault(method, []).append(Mishap(error, retry_after, times=times))

    def lose_answers(self, method: str, times: int = 1) -> None:
        """The next calls of a method are done, but the caller never hears of it."""
        self.api.mishaps.setdefault(method, []).append(Mishap(answer_lost=True, times=times))

    def answer_late(self, method: str, seconds: float, times: int = 1) -> None:
        self.api.mishaps.setdefault(method, []).append(Mishap(seconds=seconds, times=times))

    async def outage(self) -> None:
        """Nothing is answered, connections break, until `recover`."""
        self.api.down = True
        await self.sockets.drop()

    def recover(self) -> None:
        self.api.down = False

    async def uninstall(self) -> None:
        """The app is removed: it hears of it, its token is dead."""
        sent = self.events.emit(None, {"type": "app_uninstalled"}, "app_uninstalled")
        tokens = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.app.bot_user]}}
        sent += self.events.emit(None, tokens, "tokens_revoked")
        self.app.state = "uninstalled"
        await first_tried(sent)

    async def verifies_url(self) -> bool:
        """Does the request URL answer the challenge? https://docs.slack.dev/reference/events/url_verification."""
        payload = {"token": "verification-token", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
        attempt = await self.http.send("events_api", {**payload, "type": "url_verification"})
        answer = attempt.answer
        said = answer.get("challenge") if isinstance(answer, dict) else str(answer).strip()
        return attempt.acked and said == payload["challenge"]

    def signed(self, body: bytes, **more: Any) -> dict[str, str]:
        """Headers as Slack sends them; `at` for an old request, `content_type` for another type."""
        return signing.headers(self.app.signing_secret, body, **more)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sockets.close()
        await self.http.close()

    def web(self) -> web.Application:
        app = web.Application(client_max_size=100 * 1024**2)

        async def upload(request: web.Request) -> web.Response:
            return await files.take_upload(self, request)

        async def give(request: web.Request) -> web.Response:
            return await files.give_file(self, request)

        app.router.add_route("*", "/api/{method}", self.api.answer)
        app.router.add_post("/upload/v1/{file}", upload)
        app.router.add_get("/files-pri/{file}/{name}", give)
        app.router.add_post("/response/{key}", self.response_urls.take)
        app.router.add_get("/link/", self.sockets.take)
        return app


async def first_tried(deliveries: list[Any]) -> None:
    for delivery in deliveries:
        await delivery.first.wait()


@asynccontextmanager
async def fake_slack(*, enterprise_id: str = "", port: int = 0) -> AsyncIterator[FakeSlack]:
    slack = FakeSlack("", enterprise_id=enterprise_id)
    runner = web.AppRunner(slack.web(), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield slack
    finally:
        await slack.close()
        await runner.cleanup()
