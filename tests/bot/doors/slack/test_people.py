"""Who people in Slack are, and what policy lets them do: guests, strangers, closed accounts, people nobody bound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.doors.slack.calls import Calls
from bot.doors.slack.installation import Installation
from bot.doors.slack.people import AT_ONCE_SECONDS, People, Policy
from domain.people import Person, Role
from tests.fakes.slack.server import FakeSlack, fake_slack


@asynccontextmanager
async def reception(policy: Policy, enterprise_id: str = "") -> AsyncIterator[tuple[FakeSlack, People]]:
    async with fake_slack(enterprise_id=enterprise_id) as slack:
        calls = Calls(slack.app.bot_token, slack.api_url)
        people = People(calls, await Installation.ask(calls), policy)
        yield slack, people
        await people.close()


async def role(people: People, user: Any, bound: Role, team: str = "") -> Role:
    person, _ = await people.author(user.id, team)
    return await people.role(person, bound)


@pytest.mark.parametrize(
    ("policy", "bound", "worth"),
    [
        (Policy(), Role.nobody, Role.viewer),
        (Policy(unknown="nobody"), Role.nobody, Role.nobody),
        (Policy(unknown="nobody"), Role.operator, Role.operator),
    ],
)
async def test_a_member_is_worth_their_role(policy: Policy, bound: Role, worth: Role) -> None:
    """Unknown people are viewers or nobody, as policy says."""
    async with reception(policy) as (slack, people):
        assert await role(people, slack.user("alice"), bound) is worth


@pytest.mark.parametrize(
    ("policy", "worth"),
    [(Policy(), Role.viewer), (Policy(guests="nobody"), Role.nobody), (Policy(guests="member"), Role.operator)],
)
async def test_a_guest_decides_nothing_unless_policy_says_so(policy: Policy, worth: Role) -> None:
    """Although somebody bound them to a role."""
    async with reception(policy) as (slack, people):
        assert await role(people, slack.user("guest", guest="multi"), Role.operator) is worth


@pytest.mark.parametrize(
    ("policy", "worth"),
    [
        (Policy(), Role.nobody),
        (Policy(strangers="viewer"), Role.viewer),
        (Policy(friends=frozenset({"T0OTHER"})), Role.operator),
    ],
)
async def test_people_of_another_workspace_decide_only_where_it_is_named(policy: Policy, worth: Role) -> None:
    async with reception(policy) as (slack, people):
        stranger = slack.user("eve", team_id="T0OTHER")
        slack.channel("shared", stranger, shared=True)

        assert await role(people, stranger, Role.operator, "T0OTHER") is worth


async def test_a_closed_account_and_a_bot_are_nobody() -> None:
    async with reception(Policy()) as (slack, people):
        gone, robot = slack.user("gone", deleted=True), slack.user("robot", is_bot=True)

        assert await role(people, gone, Role.admin) is Role.nobody
        assert await role(people, robot, Role.admin) is Role.nobody


async def test_while_slack_does_not_say_who_somebody_is_they_may_only_look() -> None:
    """Enough for a question at three in the morning, not for a decision."""
    async with reception(Policy()) as (slack, people):
        alice = slack.user("alice")
        await slack.outage()

        assert await role(people, alice, Role.operator) is Role.viewer


async def test_a_message_does_not_wait_for_long_for_its_authors_account() -> None:
    """Slack answers late: the message is heard with the payload's own word, and later ones know the zone."""
    async with reception(Policy()) as (slack, people):
        alice = slack.user("alice", timezone="Asia/Tokyo")
        slack.answer_late("users.info", AT_ONCE_SECONDS + 0.5)
        began = asyncio.get_running_loop().time()

        first = await people.author(alice.id, "T0HOME")
        assert asyncio.get_running_loop().time() - began < AT_ONCE_SECONDS + 0.3
        await asyncio.sleep(0.8)
        second = await people.author(alice.id, "T0HOME")

        assert first == (Person("slack", "T0HOME", alice.id), "UTC")
        assert second == (Person("slack", "T0HOME", alice.id), "Asia/Tokyo")


async def test_in_an_enterprise_people_are_the_enterprises() -> None:
    """The same person in two of its workspaces is one."""
    async with reception(Policy(), "E0GRID") as (slack, people):
        here, there = slack.user("alice"), slack.user("bob", team_id="T0SISTER", enterprise_id="E0GRID")

        assert (await people.author(here.id, "T0HOME"))[0].tenant == "E0GRID"
        assert (await people.author(there.id, "T0SISTER"))[0].tenant == "E0GRID"
        assert await role(people, there, Role.operator, "T0SISTER") is Role.operator
