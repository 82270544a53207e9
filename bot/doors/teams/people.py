"""Who speaks in Teams: somebody of our organisation, a guest, somebody of another one; and what each may do.

Teams says so of a member of a conversation, when it is asked
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context). It is asked once a day, and nothing
that Teams waits for waits for that.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import structlog

from bot.doors.failures import Away, Busy, Gone, Refused
from bot.doors.teams.addresses import Addresses
from bot.doors.teams.calls import Calls
from bot.doors.teams.places import DOOR
from domain.people import Person, Role
from domain.plain_json import Json

KEPT_SECONDS = 86_400.0
"""How long an account is remembered before it is looked at again: guests are made and people leave."""
ROLE_SECONDS = 5.0
"""How long a decision waits for the account of who makes it."""
SILENT_SECONDS = 60.0
"""How long somebody is not asked about again of whom Teams said nothing."""
_MOST = 5_000

Kind = Literal["user", "guest", "anonymous"]

log = structlog.get_logger()


@dataclass(frozen=True)
class Policy:
    """What people may do whom nobody bound, and those who are not quite of our organisation."""

    home: frozenset[str]
    """Tenants whose people count as ours."""
    unknown: Literal["viewer", "nobody"] = "viewer"
    guests: Literal["member", "viewer", "nobody"] = "viewer"
    """`member`: as their role says, like everybody of the organisation."""
    strangers: Literal["viewer", "nobody"] = "nobody"
    """People of other organisations, met in a shared channel or a federated chat, and those who joined without one."""
    anybody: bool = False
    """In development alone: everybody is who they say, and of ours."""


@dataclass(frozen=True, slots=True)
class Account:
    tenant: str
    """Their own, which in a shared channel need not be that of the conversation."""
    kind: Kind
    asked: float
    """When Teams said so, in seconds since 1970."""


@dataclass
class People:
    calls: Calls
    addresses: Addresses
    policy: Policy
    clock: Callable[[], float] = time.time
    _known: "OrderedDict[Person, Account]" = field(default_factory=OrderedDict)
    _silent: "OrderedDict[Person, float]" = field(default_factory=OrderedDict)
    _asked: dict[Person, "asyncio.Task[Account | None]"] = field(default_factory=dict)

    async def role(self, person: Person, bound: Role, seconds: float = ROLE_SECONDS) -> Role:
        """What `bound` is worth here and now, as far as Teams says so in so many seconds; 0: as far as is known."""
        usual = max(bound, Role[self.policy.unknown])
        if self.policy.anybody:
            return usual
        if person.tenant not in self.policy.home:
            return Role.nobody
        account = await self.account(person, seconds)
        if account is None:
            # Teams does not say who they are: enough to look, not to decide.
            return min(usual, Role.viewer)
        if account.kind == "anonymous" or account.tenant not in self.policy.home:
            return Role[self.policy.strangers]
        if account.kind == "guest" and self.policy.guests != "member":
            return min(usual, Role[self.policy.guests])
        return usual

    async def sure(self, person: Person) -> bool:
        """Whether `role` needs to ask nobody to say what they may do."""
        return self.policy.anybody or person.tenant not in self.policy.home or await self._kept(person) is not None

    async def account(self, person: Person, seconds: float) -> Account | None:
        """What Teams says of an account; None when it does not say so in time."""
        kept = await self._kept(person)
        if kept is not None or not seconds:
            return kept
        done, _ = await asyncio.wait({self._asking(person)}, timeout=seconds)
        return done.pop().result() if done else None

    async def behind(self, account: str, service: str, chat: str, tenant: str) -> Person | None:
        """Who is behind Teams' own name of a member there; None where Teams does not say."""
        try:
            said = await self.calls.member(service, chat, account)
        except (Refused, Busy, Away) as why:
            log.warning("teams does not say who somebody is", account=account, why=str(why))
            return None
        found = str(said.get("aadObjectId") or said.get("objectId") or "")
        return Person(DOOR, tenant, found) if found else None

    def met(self, person: Person) -> None:
        """Somebody was heard: who they are is found out beside what is done for them."""
        if not self.policy.anybody and person.tenant in self.policy.home and not self._fresh(self._known.get(person)):
            self._asking(person)

    async def close(self) -> None:
        for task in tuple(self._asked.values()):
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    def _asking(self, person: Person) -> "asyncio.Task[Account | None]":
        """At most one question about each at a time."""
        task = self._asked.get(person)
        if task is None:
            task = self._asked[person] = asyncio.create_task(self._ask(person))
            task.add_done_callback(lambda _: self._asked.pop(person, None))
        return task

    async def _ask(self, person: Person) -> Account | None:
        kept = await self._kept(person)
        if kept is not None or self._says_nothing(person):
            return kept
        try:
            account = await self._said(person)
        except (Refused, Busy, Away) as why:
            log.warning("teams does not say who somebody is", person=str(person), why=str(why))
            _remember(self._silent, person, self.clock())
            return None
        await self.addresses.references.keep(_name(person), asdict(account))
        _remember(self._known, person, account)
        return account

    async def _said(self, person: Person) -> Account:
        met = await self.addresses.met(person)
        if met is None:
            raise Refused("GET members", "they never spoke with me")
        try:
            said = await self.calls.member(met.service, met.chat, met.account or person.id)
        except Gone:
            await self.addresses.not_there(person)
            raise
        if not said.get("tenantId"):
            raise Refused("GET members", "it does not say whose account it is")
        return Account(str(said["tenantId"]), _kind(said), self.clock())

    async def _kept(self, person: Person) -> Account | None:
        """What was found out in the last day, by whichever replica."""
        if not self._fresh(self._known.get(person)):
            found = await self.addresses.references.get(_name(person))
            if found is not None:
                _remember(self._known, person, Account(**found))
        known = self._known.get(person)
        return known if self._fresh(known) else None

    def _says_nothing(self, person: Person) -> bool:
        """Whether Teams was asked a moment ago, and did not say."""
        return person in self._silent and self.clock() - self._silent[person] < SILENT_SECONDS

    def _fresh(self, account: Account | None) -> bool:
        return account is not None and self.clock() - account.asked < KEPT_SECONDS


def _kind(said: Json) -> Kind:
    role = str(said.get("userRole") or "").lower()
    if role == "anonymous":
        return "anonymous"
    return "guest" if role == "guest" or "#EXT#" in str(said.get("userPrincipalName") or "").upper() else "user"


def _remember(where: "OrderedDict[Person, Any]", person: Person, what: Any) -> None:
    where[person] = what
    where.move_to_end(person)
    if len(where) > _MOST:
        where.popitem(last=False)


def _name(person: Person) -> str:
    return f"{DOOR}-account:{person.tenant}:{person.id}"
