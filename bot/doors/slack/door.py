"""The Slack door: opened once per process, the same listeners behind Socket Mode and HTTP, one delivery beside them."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import outbox
from bot.doors.delivery import Delivery
from bot.doors.following import STOP, Following
from bot.doors.slack.calls import Away, Busy, Calls, Halted, Refused, open_calls
from bot.doors.slack.conversations import DOOR
from bot.doors.slack.gone import tell_who_asked
from bot.doors.slack.installation import Installation
from bot.doors.slack.listener import Listener
from bot.doors.slack.pace import Pace
from bot.doors.slack.people import People, Policy
from bot.doors.slack.posting import Posting
from bot.doors.slack.request import Answer, refusal
from bot.doors.slack.socket_mode import SocketMode
from bot.doors.slack.surfaces import Surfaces
from bot.settings import Settings
from bot.worker import Worker
from domain.errors import Misconfigured
from domain.messages import Reply
from domain.people import Person, Role
from domain.plain_json import Json, dig
from graphs.desk import Desk
from store.record import Store

AGAIN_SECONDS = 3.0
"""Between two tries to reach Slack at the start."""
_NOT_YET = Answer(503, "not connected to Slack yet", {"retry-after": "3"})

log = structlog.get_logger()


@dataclass
class SlackDoor:
    settings: Settings
    store: Store
    desk: Desk
    worker: Worker
    calls: Calls
    clock: Callable[[], float] = time.time
    delivery: Delivery = field(init=False)
    installation: Installation | None = None
    """What this app is and where, once Slack has said so."""
    people: People | None = None
    bolt: AsyncApp | None = None
    _surfaces: Surfaces | None = None
    _socket: SocketMode | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _listening: asyncio.Task[None] | None = None
    _closing: bool = False

    def __post_init__(self) -> None:
        posting = Posting(self.calls, Pace(), self.store.outbox.post_of)
        self.delivery = Delivery(self.store, DOOR, posting, self._takes_us, tell_who_asked(self.store))

    @property
    def by_http(self) -> bool:
        """Whether Slack brings requests to our URL."""
        return bool(self.settings.slack_signing_secret.get_secret_value())

    @property
    def by_socket(self) -> bool:
        return bool(self.settings.slack_app_token.get_secret_value())

    @property
    def routes(self) -> Mapping[str, Any]:
        """Who receives what Slack sends to our URL, by path."""
        return {"/slack/events": self.receive} if self.by_http else {}

    async def trouble(self) -> str:
        """Why this door does not work now, "" while it does."""
        if self.installation is None:
            return "Slack was not reached yet"
        if self.delivery.trouble:
            return self.delivery.trouble
        return self._socket.trouble if self._socket is not None else ""

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request to our URL; names of headers in lower case."""
        secret = self.settings.slack_signing_secret.get_secret_value()
        if refused := refusal(secret, body, headers, self.clock()):
            return refused
        if self.bolt is None or self._closing:
            return _NOT_YET
        request = AsyncBoltRequest(body=body.decode(), headers={name: [value] for name, value in headers.items()})
        response = await self.bolt.async_dispatch(request)
        return Answer(response.status, response.body, {k: v[0] for k, v in response.headers.items() if v})

    async def say(self, conversation: str, reply: Reply) -> None:
        """Say something of the door's own, once per key."""
        await outbox.put(self.store, conversation, reply)
        self.delivery.wake()

    async def stop(self, conversation: str, by: Person) -> None:
        """Stop what is being done for a conversation, whichever replica does it."""
        await self.store.journal.append(f"conversation:{conversation}", STOP, {"by": str(by)})

    async def role(self, person: Person, bound: Role) -> Role:
        """What `bound` is worth; before Slack has said who anybody is, no more than looking."""
        if self.people is not None:
            return await self.people.role(person, bound)
        return min(max(bound, Role[self.settings.unknown_people]), Role.viewer)

    async def begin(self) -> None:
        """Learn who we are, and listen; Misconfigured where Slack refuses a token. Slack may be away: then later."""
        self.desk.standing[DOOR] = self.role
        self._start(self.delivery.run())
        self._start(Following(self.store, DOOR, self.desk.label, self.worker.cancel).run())
        if not await self._connect():
            self._start(self._connect_later())

    async def leave(self) -> None:
        """Hear nothing new; what was heard is still answered."""
        self._closing = True
        if self._socket is not None:
            if self._listening is not None:
                self._listening.cancel()
            await self._socket.close()
            self._socket = None

    async def close(self) -> None:
        await self.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._surfaces is not None:
            await self._surfaces.close()
        if self.people is not None:
            await self.people.close()

    async def _takes_us(self) -> bool:
        try:
            await self.calls("auth.test")
        except (Refused, Busy, Away):
            return False
        return True

    async def _connect_later(self) -> None:
        try:
            while not await self._connect():
                await asyncio.sleep(AGAIN_SECONDS)
        except Misconfigured as wrong:
            self.delivery.halt(str(wrong))

    async def _connect(self) -> bool:
        """Whether Slack was there."""
        try:
            installation = self.installation or await Installation.ask(self.calls)
            address = await self._socket_mode().address() if self.by_socket else ""
        except Halted as refused:
            raise Misconfigured(
                f"SLACK_BOT_TOKEN is refused by Slack ({refused.error}). `hilda slack check` says more."
            ) from refused
        except (Away, Busy, Refused) as away:
            log.warning("slack cannot be reached; trying again", why=str(away))
            return False
        bolt = self._listen(installation)
        if address:
            self._socket = self._socket_mode()
            self._listening = self._start(self._socket.run(bolt, address))
        log.info("slack door open", team=installation.team, socket=bool(address), http=self.by_http)
        return True

    def _socket_mode(self) -> SocketMode:
        token = self.settings.slack_app_token.get_secret_value()
        return SocketMode(token, self.settings.slack_api_url)

    def _listen(self, installation: Installation) -> AsyncApp:
        self.installation = installation
        self.people = People(self.calls, installation, policy_of(self.settings))
        token = self.settings.slack_bot_token.get_secret_value()

        async def authorize() -> AuthorizeResult:
            # Known since the start: no request waits for Slack to say who we are.
            return AuthorizeResult(
                enterprise_id=installation.enterprise or None,
                team_id=installation.team,
                bot_user_id=installation.bot_user,
                bot_id=installation.bot,
                bot_token=token,
            )

        self.bolt = AsyncApp(
            name="hilda",
            logger=_log(),
            client=AsyncWebClient(base_url=self.settings.slack_api_url),
            authorize=authorize,
            signing_secret=self.settings.slack_signing_secret.get_secret_value(),
            # Acknowledged is what is durable: the listener is over before Slack hears of it.
            process_before_response=True,
        )
        listener = Listener(
            store=self.store,
            people=self.people,
            installation=installation,
            cluster=self.desk.cluster,
            wake=self.worker.wake,
            say=self.say,
            stop=self.stop,
        )
        self._surfaces = Surfaces(listener, self.desk, self.calls)
        self._surfaces.register(self.bolt)
        self._start(self._surfaces.follow())
        for event in ("app_uninstalled", "tokens_revoked"):
            self.bolt.event(event)(self._uninstalled)
        listener.register(self.bolt)
        return self.bolt

    async def _uninstalled(self, body: Json) -> None:
        self.delivery.halt(str(dig(body, "event", "type", default="uninstalled")))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task


@asynccontextmanager
async def open_door(settings: Settings, desk: Desk, worker: Worker) -> AsyncIterator[SlackDoor]:
    """The door as the settings say; Misconfigured where they cannot be right."""
    token = settings.slack_bot_token.get_secret_value()
    if not (settings.slack_app_token.get_secret_value() or settings.slack_signing_secret.get_secret_value()):
        raise Misconfigured(
            "SLACK_BOT_TOKEN is set, but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP)."
        )
    async with open_calls(token, settings.slack_api_url) as calls, contextlib.AsyncExitStack() as stack:
        door = SlackDoor(settings, desk.store, desk, worker, calls)
        stack.push_async_callback(door.close)
        await door.begin()
        yield door


def policy_of(settings: Settings) -> Policy:
    return Policy(
        unknown=settings.unknown_people,
        guests=settings.slack_guests,
        strangers=settings.slack_strangers,
        friends=frozenset(settings.slack_friends),
    )


def _log() -> logging.Logger:
    """Slack's libraries say a lot, tokens not among it, but whole requests."""
    logger = logging.getLogger("hilda.slack")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_concerns_somebody)
    return logger


def _concerns_somebody(record: logging.LogRecord) -> bool:
    """Bolt finds SLACK_BOT_TOKEN in the environment by itself and warns that it is not used; we gave it that token."""
    return "`token`" not in record.getMessage()
