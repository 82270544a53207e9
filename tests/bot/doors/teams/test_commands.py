"""The words of `/hilda` in Teams, where they are plain text; whatever is no such word is a question."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.doors.teams.places import Place
from domain.messages import ButtonPressed, FormSubmitted
from domain.people import Person, Role
from domain.proposals import Proposal
from tests.bot.doors.slack.made_up import CLUSTER
from tests.bot.doors.teams.made_up import CHANNEL, Office, account, nothing, open_office
from tests.fakes.teams.service import Human
from tests.store import making


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        opened.on_reply(nothing)
        yield opened


async def person(office: Office, name: str, role: Role) -> Human:
    human = office.teams.person(name)
    await office.store.identities.bind(account(human), role, "test")
    return human


async def proposed(office: Office, human: Human, **different: Any) -> Proposal:
    conversation = Place.of("tenant", human.own_chat).conversation
    made = making.proposal(cluster=CLUSTER, conversation=conversation, **different)
    await office.store.proposals.propose(made)
    return made


async def says(office: Office, human: Human, text: str, *others: str) -> str:
    """Everything that is answered in one's own chat; `@name` in `text` mentions one of `others`."""
    entities: list[Any] = []
    for name in others:
        mention = f"<at>{name.title()}</at>"
        text = text.replace(f"@{name}", mention)
        mentioned = {"id": f"29:{name}", "name": name.title()}
        entities.append({"type": "mention", "mentioned": mentioned, "text": mention})
    before = len(office.teams.in_thread(human.own_chat))
    await human.says(human.own_chat, text, entities=entities)
    await office.settled()
    return "\n".join(shown.text for shown in office.teams.in_thread(human.own_chat)[before:])


QUESTIONS = (
    "why is checkout slow?",
    "status of checkout",
    "level 3",
    "who broke it?",
    "settings of checkout have changed",
    "help me with checkout",
    "check shop",
    "incidents",
    "report every day at 9",
    "runbook image pull",
    "checkout",
    "stop",
)


async def test_whatever_is_no_word_of_hers_is_a_question(office: Office) -> None:
    alice = office.teams.person("alice")
    for text in QUESTIONS:
        await alice.says(alice.own_chat, text)
        await alice.says(alice.own_chat, f"/hilda {text}")
        await office.settled()

    assert office.answers.texts == [text for text in QUESTIONS for _ in range(2)]


async def test_ask_is_no_part_of_the_question(office: Office) -> None:
    alice = office.teams.person("alice")
    for text in ("ask why is checkout slow?", "/hilda ask proposals of the team?"):
        await says(office, alice, text)

    assert office.answers.texts == ["why is checkout slow?", "proposals of the team?"]


async def test_a_sentence_that_begins_like_a_word_of_hers_is_a_question(office: Office) -> None:
    await says(office, office.teams.person("alice"), "levels of memory in shop")

    assert office.answers.texts == ["levels of memory in shop"]


async def test_a_slip_gets_the_word_that_was_meant(office: Office) -> None:
    """Where a command was meant for certain, or a word alone is very like one."""
    alice = office.teams.person("alice")
    for text, meant in (
        ("/hilda proposls", "proposals"),
        ("/chekc shop", "check shop"),
        ("propsals", "proposals"),
        ("setings", "settings"),
    ):
        assert f"Did you mean {meant}?" in await says(office, alice, text)

    assert office.answers.texts == []


async def test_help_says_how_to_ask_and_names_every_word(office: Office) -> None:
    for text in ("help", "/hilda", "/help", "/hilda help"):
        said = await says(office, office.teams.person("alice"), text)

        assert "why is checkout slow?" in said
        assert all(word in said for word in ("proposals:", "approve ID:", "who @somebody:", "mute 2h:", "settings:"))


async def test_status_and_level_say_how_things_stand(office: Office) -> None:
    alice = office.teams.person("alice")

    assert "Kubernetes:  answers, eu-prod-1" in await says(office, alice, "status")
    assert "Here I climb to level 4" in await says(office, alice, "level")


async def test_proposals_are_shown_whole_with_their_buttons(office: Office) -> None:
    alice = office.teams.person("alice")
    assert "Say script, and I propose one." in await says(office, alice, "proposals")
    made = await proposed(office, alice)

    assert made.script.run.strip() in await says(office, alice, "proposals")
    assert made.script.run.strip() in await says(office, alice, f"approve {made.id}")
    assert "There is no such proposal that waits." in await says(office, alice, "approve p-unknown")


async def test_the_digest_proves_that_it_was_read(office: Office) -> None:
    """An approval by text is one like any other, judged by the record; without the digest it is shown instead."""
    alice = await person(office, "alice", Role.operator)
    made = await proposed(office, alice)
    record = await office.store.proposals.get(made.id)
    assert record is not None

    await says(office, alice, f"approve {made.id} yes")
    assert office.answers.heard == []
    await says(office, alice, f"approve {made.id} {record.digest[:12]}")

    (pressed,) = office.answers.heard
    assert isinstance(pressed, ButtonPressed)
    assert (pressed.action, pressed.subject, pressed.digest_prefix) == ("approve", made.id, record.digest[:12])
    assert pressed.author == account(alice)


async def test_a_rejection_by_text_carries_its_reason(office: Office) -> None:
    alice = await person(office, "alice", Role.operator)
    made = await proposed(office, alice)

    assert made.title in await says(office, alice, "reject")
    assert office.answers.heard == []
    await says(office, alice, f"reject {made.id} not at night")

    (rejected,) = office.answers.heard
    assert isinstance(rejected, FormSubmitted)
    assert (rejected.action, rejected.subject, rejected.values["reason"]) == ("reject", made.id, "not at night")


async def test_a_proposal_about_another_cluster_is_not_decided_here(office: Office) -> None:
    alice = await person(office, "alice", Role.operator)
    made = making.proposal(cluster="another")
    kept = await office.store.proposals.propose(made)

    assert "There is no such proposal" in await says(office, alice, f"approve {made.id} {kept.digest[:12]}")
    assert office.answers.heard == []


async def test_who_says_what_i_or_somebody_else_may_do(office: Office) -> None:
    alice, bob = await person(office, "alice", Role.developer), await person(office, "bob", Role.operator)

    mine, theirs = await says(office, alice, "who"), await says(office, alice, "who @bob", "bob")

    assert all(words in mine for words in (str(account(alice)), "Role:  developer", "Time zone:  UTC"))
    assert all(words in theirs for words in (str(account(bob)), "Role:  operator", "approve a high risk"))
    office.teams.members.different["29:bob"] = None
    assert "Teams does not say whose account it is." in await says(office, alice, "who @bob", "bob")


async def test_an_administrator_gives_a_role_and_nobody_else_does(office: Office) -> None:
    """Audited either way."""
    boss, alice = await person(office, "boss", Role.admin), await person(office, "alice", Role.operator)
    bob = Person("teams", "tenant", "aad-bob")

    assert "To give roles needs admin." in await says(office, alice, "settings @bob admin", "bob")
    assert await office.store.identities.role_of(bob) is Role.nobody
    assert f"{bob} is developer now" in await says(office, boss, "settings @bob Developer", "bob")

    assert await office.store.identities.role_of(bob) is Role.developer
    rows = [(row.who, row.what) for row in await office.store.audit.tail()]
    assert (str(account(alice)), "refused") in rows
    assert (str(account(boss)), "bound") in rows


async def test_a_role_is_given_to_one_person_or_not_at_all(office: Office) -> None:
    """And nobody locks themselves out."""
    boss = await person(office, "boss", Role.admin)
    before = await office.store.identities.list()
    for text, *others in (
        ("settings @bob", "bob"),
        ("settings @bob king", "bob"),
        ("settings @bob nobody", "bob"),
        ("settings @bob @carol operator", "bob", "carol"),
        ("settings", "bob"),
    ):
        assert "Which role for whom?" in await says(office, boss, text, *others)
    told = await says(office, boss, "settings @boss viewer", "boss")

    assert "Another administrator has to take your role away." in told
    assert await office.store.identities.list() == before


async def test_settings_say_how_she_is_set_here(office: Office) -> None:
    boss, alice = await person(office, "boss", Role.admin), office.teams.person("alice")

    mine, theirs = await says(office, alice, "settings"), await says(office, boss, "settings")

    assert all(f"{what}:  " in mine for what in ("Guests", "Other organisations", "People nobody bound"))
    assert "To give a role" not in mine
    assert "settings @somebody viewer|developer|operator|admin" in theirs


async def test_a_channel_is_muted_until_somebody_wants_her_back(office: Office) -> None:
    alice = await person(office, "alice", Role.developer)
    asked = await alice.says(CHANNEL, "mute 2h", mention=True)
    await office.teams.sees(asked["conversation"]["id"], "Muted")

    place = Place("tenant", CHANNEL).conversation
    assert await office.store.mutes.until(place) is not None
    assert "I do not understand" in await says(office, alice, "mute until tomorrow")
    assert "You are viewer" not in await says(office, alice, "mute")
    again = await alice.says(CHANNEL, "mute off", mention=True)
    await office.teams.sees(again["conversation"]["id"], "No longer muted")
    assert await office.store.mutes.until(place) is None


async def test_who_may_only_look_mutes_nothing(office: Office) -> None:
    said = await says(office, office.teams.person("carol"), "mute 2h")

    assert "needs developer" in said


async def test_who_may_nothing_is_refused_as_with_any_question(tmp_path: Path) -> None:
    """Also for a word that is misspelt: nothing is said of what there is."""
    async with open_office(tmp_path, teams_development=True, unknown_people="nobody") as office:
        office.on_reply(nothing)
        eve = office.teams.person("eve")
        for text in ("proposals", "settings", "help", "propsals"):
            assert await says(office, eve, text) == ""

        assert office.answers.texts == ["proposals", "settings", "help", "propsals"]
