"""Who speaks in Slack: an account of this workspace, a guest, somebody of another workspace; and what each may do."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from bot.doors.slack.calls import Away, Busy, Calls, Refused
from bot.doors.slack.conversations import DOOR
from bot.doors.slack.installation import Installation
from domain.people import Person, Role
from domain.plain_json import Json, dig

KEPT_SECONDS = 600.0
"""How long an account is remembered before it is looked at again: guests are made and people leave."""
AT_ONCE_SECONDS = 1.0
"""How long a message that has just come waits for the account of its author."""

ROLE_SECONDS = 5.0
"""How long a decision waits for the account of who makes it."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Policy:
    """What people may do whom nobody bound, and those who are not quite of this workspace."""

    unknown: Literal["viewer", "nobody"] = "viewer"
    guests: Literal["member", "viewer", "nobody"] = "viewer"
    """`member`: as their role says, like everybody of the workspace."""
    strangers: Literal["viewer", "nobody"] = "nobody"
    """People of other workspaces, met by Slack Connect."""
    friends: frozenset[str] = frozenset()
    """Workspaces or enterprises whose people count as members."""


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    tenant: str
    zone: str
    guest: bool
    able: bool
    """False for bots and for accounts that were closed."""


@dataclass
class People:
    calls: Calls
    installation: Installation
    policy: Policy
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, Account]] = field(default_factory=dict)
    _asked: dict[str, "asyncio.Task[Account | None]"] = field(default_factory=dict)

    async def author(self, user: str, team: str = "") -> tuple[Person, str]:
        """The person and their IANA zone, without making a message wait for long.

        `team` is the workspace that the payload says they are of; it stands where Slack does not tell more in time.
        """
        account = await self.account(user, AT_ONCE_SECONDS)
        if account is not None:
            return Person(DOOR, account.tenant, user), account.zone
        home = team in {"", self.installation.team, self.installation.enterprise}
        return Person(DOOR, self.installation.tenant if home else team, user), "UTC"

    async def role(self, person: Person, bound: Role, seconds: float = ROLE_SECONDS) -> Role:
        """What `bound` is worth here and now, as far as Slack says so in so many seconds."""
        usual = max(bound, Role[self.policy.unknown])
        if person.tenant in self.policy.friends:
            return usual
        if person.tenant != self.installation.tenant:
            return Role[self.policy.strangers]
        account = await self.account(person.id, seconds)
        if account is None:
            # Slack does not say who they are: enough to look, not to decide.
            return min(usual, Role.viewer)
        if not account.able:
            return Role.nobody
        if account.tenant != person.tenant and account.tenant not in self.policy.friends:
            return Role[self.policy.strangers]
        if account.guest and self.policy.guests != "member":
            return min(usual, Role[self.policy.guests])
        return usual

    async def account(self, user: str, seconds: float) -> Account | None:
        """What Slack says of an account; None when it does not say so in time."""
        kept = self._known.get(user)
        if kept and self.clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        task = self._asked.get(user)
        if task is None:
            task = self._asked[user] = asyncio.create_task(self._ask(user))
            task.add_done_callback(lambda _: self._asked.pop(user, None))
        done, _ = await asyncio.wait({task}, timeout=seconds)
        found = task.result() if done else None
        return found or (kept[1] if kept else None)

    async def _ask(self, user: str) -> Account | None:
        try:
            said = (await self.calls.read("users.info", user=user)).get("user") or {}
        except (Refused, Busy, Away) as why:
            log.warning("slack does not say who somebody is", user=user, why=str(why))
            return None
        account = _account(user, said, self.installation)
        self._known[user] = (self.clock(), account)
        return account

    async def close(self) -> None:
        for task in tuple(self._asked.values()):
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)


def _account(user: str, said: Json, installation: Installation) -> Account:
    team = str(said.get("team_id") or dig(said, "profile", "team") or installation.team)
    enterprise = str(dig(said, "enterprise_user", "enterprise_id") or "")
    home = team == installation.team or (enterprise and enterprise == installation.enterprise)
    return Account(
        id=user,
        tenant=installation.tenant if home else enterprise or team,
        zone=_zone(str(said.get("tz") or "")),
        guest=bool(said.get("is_restricted") or said.get("is_ultra_restricted")),
        able=not said.get("deleted") and not said.get("is_bot") and user != "USLACKBOT",
    )


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
