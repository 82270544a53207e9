"""Who people in Teams are, and what policy lets them do: guests, people of other organisations, people nobody bound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.doors.teams.addresses import Address, Addresses, Met
from bot.doors.teams.calls import open_calls
from bot.doors.teams.people import KEPT_SECONDS, SILENT_SECONDS, People, Policy
from bot.doors.teams.places import Place
from domain.people import Person, Role
from store.record import Store
from store.references import References
from tests.bot.doors.teams.made_up import CHANNEL, open_office
from tests.fakes.teams.service import FakeTeams, fake_teams

HOME = Policy(home=frozenset({"tenant"}))
ALICE = Person("teams", "tenant", "aad-alice")
SHOP, NIGHT = Place("tenant", CHANNEL), Place("tenant", "19:night@thread.v2")


@dataclass
class Reception:
    teams: FakeTeams
    people: People
    replica: People
    """Of another process with the same store."""
    now: float = 1_000_000.0

    def clock(self) -> float:
        return self.now

    async def role(self, bound: Role = Role.operator, seconds: float = 5.0) -> Role:
        return await self.people.role(ALICE, bound, seconds)

    @property
    def asked(self) -> list[tuple[str, str]]:
        return self.teams.members.asked


@asynccontextmanager
async def reception(folder: Path, policy: Policy = HOME, **alice: object) -> AsyncIterator[Reception]:
    """Alice was heard in a channel; `alice`: what the service says of her that it does not say of everybody."""
    store = await Store.open(f"sqlite:///{folder}/data/hilda.db", folder / "keys" / "audit.key")
    addresses = Addresses(References(store.database))
    async with fake_teams() as teams, open_calls(lambda: "") as calls:
        opened = Reception(teams, People(calls, addresses, policy), People(calls, addresses, policy))
        opened.people.clock = opened.replica.clock = opened.clock
        teams.members.different["29:alice"] = dict(alice)
        await addresses.heard(SHOP, Address(teams.url, SHOP.chat, "bot"), ALICE, "Alice", "29:alice")
        yield opened
        await opened.people.close()
        await opened.replica.close()
    await store.close()


@pytest.mark.parametrize(
    ("policy", "bound", "worth"),
    [
        (HOME, Role.nobody, Role.viewer),
        (replace(HOME, unknown="nobody"), Role.nobody, Role.nobody),
        (replace(HOME, unknown="nobody"), Role.operator, Role.operator),
    ],
)
async def test_a_member_is_worth_their_role(tmp_path: Path, policy: Policy, bound: Role, worth: Role) -> None:
    """Unknown people are viewers or nobody, as policy says."""
    async with reception(tmp_path, policy) as here:
        assert await here.role(bound) is worth
        assert here.asked == [("19:shop@thread.tacv2", "29:alice")]


@pytest.mark.parametrize(
    "said", [{"userRole": "guest"}, {"userPrincipalName": "alice_other.example#EXT#@shop.example"}]
)
@pytest.mark.parametrize(
    ("guests", "worth"), [("viewer", Role.viewer), ("nobody", Role.nobody), ("member", Role.operator)]
)
async def test_a_guest_decides_nothing_unless_policy_says_so(
    tmp_path: Path, said: dict[str, object], guests: str, worth: Role
) -> None:
    """Although somebody bound them to a role."""
    policy = replace(HOME, guests=guests)  # type: ignore[arg-type]
    async with reception(tmp_path, policy, **said) as here:
        assert await here.role() is worth


@pytest.mark.parametrize("said", [{"tenantId": "elsewhere"}, {"userRole": "anonymous"}])
@pytest.mark.parametrize(("strangers", "worth"), [("nobody", Role.nobody), ("viewer", Role.viewer)])
async def test_people_of_another_organisation_never_decide(
    tmp_path: Path, said: dict[str, object], strangers: str, worth: Role
) -> None:
    """In a shared channel of ours, or in a meeting without any account."""
    policy = replace(HOME, strangers=strangers)  # type: ignore[arg-type]
    async with reception(tmp_path, policy, **said) as here:
        assert await here.role() is worth


async def test_people_of_a_tenant_that_is_named_count_as_ours(tmp_path: Path) -> None:
    policy = replace(HOME, home=frozenset({"tenant", "elsewhere"}))
    async with reception(tmp_path, policy, tenantId="elsewhere") as here:
        assert await here.role() is Role.operator


async def test_people_of_a_tenant_that_is_not_named_are_nobody(tmp_path: Path) -> None:
    """Whoever bound them before: nobody is asked about them."""
    async with reception(tmp_path, replace(HOME, strangers="viewer")) as here:
        assert await here.people.role(Person("teams", "elsewhere", "aad-eve"), Role.admin) is Role.nobody
        assert here.asked == []


async def test_while_teams_does_not_say_who_somebody_is_they_may_only_look(tmp_path: Path) -> None:
    """Enough for a question at three in the morning, not for a decision; and Teams is left in peace for a minute."""
    async with reception(tmp_path) as here:
        here.teams.down = 1

        assert await here.role() is Role.viewer
        assert await here.role() is Role.viewer
        assert here.asked == []
        here.now += SILENT_SECONDS + 1
        assert await here.role() is Role.operator


@pytest.mark.parametrize("said", [{"tenantId": ""}, {"tenantId": None}])
async def test_an_account_without_an_organisation_may_only_look(tmp_path: Path, said: dict[str, object]) -> None:
    async with reception(tmp_path, **said) as here:
        assert await here.role() is Role.viewer


async def test_who_is_no_member_there_or_was_never_heard_may_only_look(tmp_path: Path) -> None:
    async with reception(tmp_path) as here:
        here.teams.members.different["29:alice"] = None

        assert await here.role() is Role.viewer
        assert await here.people.role(Person("teams", "tenant", "aad-silent"), Role.admin) is Role.viewer


async def test_a_decision_waits_for_a_slow_answer_only_for_so_long(tmp_path: Path) -> None:
    """What came too late is known for the next time, and was asked for once."""
    async with reception(tmp_path) as here:
        here.teams.members.seconds = 0.4

        assert await here.role(seconds=0.05) is Role.viewer
        assert await here.role() is Role.operator
        assert len(here.asked) == 1


async def test_nothing_that_teams_waits_for_asks_teams(tmp_path: Path) -> None:
    """What was found out when somebody was heard is known; without it they look, and decide nothing."""
    async with reception(tmp_path) as here:
        assert await here.role(seconds=0) is Role.viewer
        assert not await here.people.sure(ALICE)
        await asyncio.sleep(0.1)
        assert here.asked == []

        here.people.met(ALICE)
        async with asyncio.timeout(10):
            while await here.role(seconds=0) is not Role.operator:
                await asyncio.sleep(0.01)
        assert await here.people.sure(ALICE)
        assert len(here.asked) == 1


async def test_teams_is_asked_once_a_day_by_all_replicas_together(tmp_path: Path) -> None:
    """An account that became a guest's is one from the next day on; known for too long, it decides nothing."""
    async with reception(tmp_path) as here:
        for people in (here.people, here.people, here.replica):
            assert await people.role(ALICE, Role.operator) is Role.operator
        assert len(here.asked) == 1

        here.now += KEPT_SECONDS
        assert await here.role(seconds=0) is Role.viewer
        here.teams.members.different["29:alice"] = {"userRole": "guest"}
        assert await here.role() is Role.viewer
        assert await here.replica.role(ALICE, Role.operator, 0) is Role.viewer
        assert len(here.asked) == 2


async def test_who_left_where_they_were_met_is_asked_about_where_they_are_heard_next(tmp_path: Path) -> None:
    async with reception(tmp_path) as here:
        here.teams.members.different["29:alice"] = None
        assert await here.role() is Role.viewer
        here.teams.members.different["29:alice"] = {}

        await here.people.addresses.heard(NIGHT, Address(here.teams.url, NIGHT.chat, "bot"), ALICE, "Alice", "29:alice")
        here.now += SILENT_SECONDS

        assert await here.role() is Role.operator
        assert here.asked == [(SHOP.chat, "29:alice"), (NIGHT.chat, "29:alice")]


async def test_in_development_everybody_is_who_they_say(tmp_path: Path) -> None:
    async with reception(tmp_path, replace(HOME, anybody=True), userRole="guest") as here:
        here.people.met(ALICE)

        assert await here.role() is Role.operator
        await asyncio.sleep(0.1)
        assert here.asked == []


async def test_the_door_knows_where_somebody_was_heard_and_asks_there(tmp_path: Path) -> None:
    async with open_office(tmp_path) as office:
        alice = office.teams.person("alice")
        asked = await alice.says(CHANNEL, "why is checkout slow?", mention=True)
        await office.settled()

        met = await Addresses(References(office.store.database)).met(Person("teams", "tenant", alice.id))
        assert asked["conversation"]["id"] != CHANNEL
        assert met == Met(office.teams.url, CHANNEL, "29:alice")


async def test_the_settings_say_what_guests_and_others_may_do(tmp_path: Path) -> None:
    app = {"teams_app_id": "app", "teams_app_password": "secret", "teams_tenant_id": "tenant"}
    policy = {"teams_guests": "nobody", "teams_strangers": "viewer"}
    async with open_office(tmp_path, **app, **policy) as office:
        addresses = Addresses(References(office.store.database))
        for name, said in (("alice", {}), ("gwen", {"userRole": "guest"}), ("eve", {"tenantId": "elsewhere"})):
            office.teams.members.different[f"29:{name}"] = said
            person = Person("teams", "tenant", f"aad-{name}")
            await addresses.heard(SHOP, Address(office.teams.url, SHOP.chat, "bot"), person, name, f"29:{name}")

        roles = [
            await office.door.role(Person("teams", "tenant", f"aad-{name}"), Role.operator)
            for name in ("alice", "gwen", "eve")
        ]

        assert roles == [Role.operator, Role.nobody, Role.viewer]
