"""The Teams door: opened once per process; one route in, one delivery out."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot import outbox
from bot.doors.delivery import Delivery
from bot.doors.failures import Away, Busy, Refused
from bot.doors.following import STOP, Following
from bot.doors.teams.adapter import Adapter, Answer
from bot.doors.teams.addresses import Addresses
from bot.doors.teams.calls import Calls, Token, microsofts, open_calls
from bot.doors.teams.commands import Commands
from bot.doors.teams.feedback import Feedback
from bot.doors.teams.gone import tell_who_asked
from bot.doors.teams.investigating import Investigating
from bot.doors.teams.invokes import Invokes
from bot.doors.teams.listener import Listener
from bot.doors.teams.people import People, Policy
from bot.doors.teams.people_asked import PeopleAsked
from bot.doors.teams.places import DOOR
from bot.doors.teams.posting import Posting
from bot.doors.teams.ticking import Ticking
from bot.doors.teams.tokens import Tokens
from bot.doors.teams.views import Views
from bot.settings import Settings
from bot.worker import Worker
from domain.errors import Misconfigured
from domain.messages import Reply
from domain.people import Person, Role
from graphs.desk import Desk
from store.record import Store
from store.references import References

PATH = "/api/messages"
"""Where Azure's bot registration has to send to, below our own host."""
_CLOSING = Answer(503, "", {"retry-after": "3"})

log = structlog.get_logger()


@dataclass
class TeamsDoor:
    settings: Settings
    store: Store
    desk: Desk
    worker: Worker
    calls: Calls
    delivery: Delivery = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _closing: bool = False

    def __post_init__(self) -> None:
        addresses = Addresses(References(self.store.database))
        self._people = People(self.calls, addresses, policy_of(self.settings))
        views = Views(self.store, addresses, self.desk.cluster, self.desk.label, self._known_role, self._people.sure)
        posting = Posting(self.calls, addresses, self.store.outbox.post_of, views, self._stop)
        self.delivery = Delivery(self.store, DOOR, posting, self._takes_us, tell_who_asked(self.store, addresses))
        listener = Listener(self.store, addresses, self.desk.cluster, self.worker.wake, self.say, self._able)
        people = PeopleAsked(self.desk, self._people)
        listener.question = Commands(self.desk, listener.put, self.delivery.wake, people).question
        listener.met = self._people.met
        self._ticking = Ticking(self.store, self.delivery.wake)
        rated = Feedback(self.store.ratings, self._able).keep
        investigate = Investigating(addresses, listener.put, listener.conversation_at).asked
        listener.invoked = Invokes(listener, views.seen, rated, investigate, self._ticking.pressed).answer
        self._adapter = Adapter(tokens_of(self.settings), listener.hear)

    @property
    def routes(self) -> Mapping[str, Any]:
        return {PATH: self.receive}

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request to our URL; names of headers in lower case."""
        if self._closing:
            return _CLOSING
        return await self._adapter.receive(body, headers)

    async def trouble(self) -> str:
        """Why this door does not work now, "" while it does."""
        return self.delivery.trouble

    async def say(self, conversation: str, reply: Reply) -> None:
        """Say something of the door's own, once per key."""
        await outbox.put(self.store, conversation, reply)
        self.delivery.wake()

    async def role(self, person: Person, bound: Role) -> Role:
        """What `bound` is worth, as far as Teams says who they are."""
        return await self._people.role(person, bound)

    async def _known_role(self, person: Person) -> Role:
        """Without asking Teams, which waits."""
        return await self._people.role(person, await self.store.identities.role_of(person), 0)

    async def _able(self, person: Person) -> bool:
        return await self._known_role(person) > Role.nobody

    async def _stop(self, conversation: str) -> None:
        """Whichever replica works on it."""
        await self.store.journal.append(f"conversation:{conversation}", STOP, {"by": conversation})

    async def begin(self) -> None:
        self.desk.standing[DOOR] = self.role
        self._start(self.delivery.run())
        self._start(Following(self.store, DOOR, self.desk.label, self.worker.cancel).run())
        log.info("teams door open", development=is_anonymous(self.settings))

    async def leave(self) -> None:
        """Hear nothing new; what was heard is still answered."""
        self._closing = True

    async def close(self) -> None:
        await self.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._people.close()
        await self._ticking.beside.close()

    async def _takes_us(self) -> bool:
        try:
            await self.calls.check()
        except (Refused, Busy, Away):
            return False
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


@asynccontextmanager
async def open_door(
    settings: Settings, desk: Desk, worker: Worker, token: Token | None = None
) -> AsyncIterator[TeamsDoor]:
    """The door as the settings say; Misconfigured where they cannot be right. `token`: in place of Microsoft's."""
    checked(settings)
    if token is None and not is_anonymous(settings):
        password = settings.teams_app_password.get_secret_value()
        token = await asyncio.to_thread(microsofts, settings.teams_app_id, password, settings.teams_tenant_id)
    async with open_calls(token or (lambda: "")) as calls:
        door = TeamsDoor(settings, desk.store, desk, worker, calls)
        try:
            await door.begin()
            yield door
        finally:
            await door.close()


def checked(settings: Settings) -> None:
    """Misconfigured with the setting to mend: an empty app id would switch authentication off without a word."""
    if is_anonymous(settings):
        if settings.http_host not in {"127.0.0.1", "localhost", "::1"}:
            raise Misconfigured(
                "HILDA_TEAMS_DEVELOPMENT lets anybody in who can reach it: HILDA_HTTP_HOST must be 127.0.0.1."
            )
        return
    if not settings.teams_app_id:
        raise Misconfigured(
            "Teams needs TEAMS_APP_ID (or HILDA_TEAMS_DEVELOPMENT=1 for the Playground on this machine)."
        )
    if not settings.teams_app_password.get_secret_value():
        raise Misconfigured("TEAMS_APP_ID is set, but not TEAMS_APP_PASSWORD.")
    if not tenants_of(settings):
        raise Misconfigured(
            "TEAMS_APP_ID is set, but not TEAMS_TENANT_ID: the tenant whose people may speak with Hilda."
        )


def is_anonymous(settings: Settings) -> bool:
    return settings.teams_development and not settings.teams_app_id


def tenants_of(settings: Settings) -> frozenset[str]:
    return frozenset({settings.teams_tenant_id, *settings.teams_tenants} - {""})


def policy_of(settings: Settings) -> Policy:
    return Policy(
        home=tenants_of(settings),
        unknown=settings.unknown_people,
        guests=settings.teams_guests,
        strangers=settings.teams_strangers,
        anybody=is_anonymous(settings),
    )


def tokens_of(settings: Settings) -> Tokens:
    return Tokens(
        app_id=settings.teams_app_id,
        password=settings.teams_app_password.get_secret_value(),
        home=settings.teams_tenant_id,
        tenants=tenants_of(settings),
        hosts=frozenset(settings.teams_service_hosts),
        anonymous=is_anonymous(settings),
    )
