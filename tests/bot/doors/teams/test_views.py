"""A proposal as each person sees it: who cannot decide sees why, and everybody else the card that is safe for all."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot import outbox
from bot.doors.copies import close_copies, shown_again
from bot.doors.teams.people import Policy
from bot.doors.teams.places import Place
from bot.doors.teams.render.card import Post, draw, draw_last
from bot.doors.teams.render.refresh import LARGEST, MOST, VERB, Refresh, wanted, with_refresh
from domain.cards import Text, card
from domain.messages import Reply
from domain.people import Person, Role
from domain.proposals import Proposal
from domain.risk import Risk
from domain.scripts import Script
from graphs.desk import utc_now
from graphs.words.levels import proposal_card
from policy.consent import consent
from tests.bot.doors.slack.made_up import CLUSTER, LABEL
from tests.bot.doors.teams.made_up import CHANNEL, Office, account, nothing, open_office
from tests.fakes.teams.service import Human, Shown
from tests.store import making

LONG = "#!/usr/bin/env bash\nset -euo pipefail\n" + "".join(
    f"kubectl -n shop rollout restart deployment/worker-{n}  # the step number {n} of many\n" for n in range(1, 400)
)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        opened.on_reply(nothing)
        yield opened


async def person(office: Office, name: str, role: Role = Role.nobody) -> Human:
    """Somebody who has spoken with Hilda; `role`: what an administrator bound them to."""
    human = office.teams.person(name)
    if role is not Role.nobody:
        await office.store.identities.bind(account(human), role, "test")
    await human.says(human.own_chat, "hello")
    return human


async def proposed(office: Office, asker: Human | None, **different: Any) -> tuple[Proposal, Shown]:
    """A proposal of `asker`, and its last message in a thread of the channel."""
    somebody = asker or office.teams.person("somebody")
    thread = (await somebody.says(CHANNEL, "script", mention=True))["conversation"]["id"]
    await office.settled()
    conversation = Place.of("tenant", thread).conversation
    requester = {"requester": account(asker)} if asker else {}
    made = making.proposal(cluster=CLUSTER, conversation=conversation, **requester, **different)
    kept = await office.store.proposals.propose(made)
    said = proposal_card(made, kept.digest, LABEL, utc_now(), "UTC")
    await outbox.put(office.store, conversation, Reply(said, key=f"proposal:{made.id}"))
    office.door.delivery.wake()
    await office.settled()
    return made, office.teams.in_thread(thread)[-1]


async def decides(office: Office, made: Proposal, human: Human, verdict: Any = "approve") -> None:
    record = await office.store.proposals.get(made.id)
    assert record is not None
    result = await office.store.decisions.decide(
        made.id, record.digest, account(human), verdict, "", Role.operator, consent(made.risk)
    )
    assert result.accepted


def accounts(shown: Shown) -> list[str]:
    return list(shown.card.get("refresh", {}).get("userIds", []))


async def asked(office: Office, human: Human, message: Shown, trigger: str = "automatic", **changed: Any) -> Any:
    """The body of the answer to what a client asks when somebody looks at the card."""
    action = message.card["refresh"]["action"]
    value = {"action": {**action, "data": {**action["data"], **changed}}, "trigger": trigger}
    where = office.teams.place_of(message)
    sent = human.activity("invoke", where, name="adaptiveCard/action", value=value, replyToId=message.id)
    status, body = await office.teams.deliver(sent)
    assert status == 200
    return body


async def seen(office: Office, human: Human, shown: Shown, trigger: str = "automatic") -> Shown:
    """The card as a client shows it to one person: their own look where they are named, the shared card otherwise."""
    if trigger == "automatic" and f"29:{human.name}" not in accounts(shown):
        return shown
    body = await asked(office, human, shown, trigger)
    if body["type"] != "application/vnd.microsoft.card.adaptive":
        return shown
    assert body["statusCode"] == 200
    return Shown(shown.id, shown.conversation, {"attachments": [{"content": body["value"]}]})


def verbs(shown: Shown) -> list[str]:
    return [button["verb"] for button in shown.buttons() if button["verb"] != VERB]


async def test_who_asked_sees_that_somebody_else_must_approve_and_may_withdraw(office: Office) -> None:
    alice = await person(office, "alice", Role.operator)
    made, shown = await proposed(office, alice)

    mine = await seen(office, alice, shown)

    assert verbs(shown) == ["approve", "reject", "edit"]
    assert verbs(mine) == ["revoke", "edit"]
    assert "You asked for this, so somebody else has to approve it: anybody with the role operator" in mine.text
    assert made.script.run.strip() in mine.text
    assert "Your decision" in shown.text
    assert "Your decision" not in mine.text
    assert mine.card["refresh"]["userIds"] == ["29:alice"]


async def test_what_one_asked_for_with_another_account_of_theirs_is_ones_own(office: Office) -> None:
    """Asked in Slack, looked at in Teams: one person counts once."""
    alice = await person(office, "alice", Role.operator)
    in_slack = Person("slack", "T1", "U1")
    for mine in (in_slack, account(alice)):
        await office.store.identities.bind(mine, Role.operator, "test", human="alice")
    _, shown = await proposed(office, None, requester=in_slack)

    assert accounts(shown)[0] == "29:alice"
    assert "approve" not in verbs(await seen(office, alice, shown))


async def test_a_low_risk_may_be_approved_by_who_asked(office: Office) -> None:
    alice = await person(office, "alice", Role.developer)
    _, shown = await proposed(office, alice, risk=Risk.low)

    assert verbs(await seen(office, alice, shown)) == ["approve", "reject", "edit"]


async def test_who_may_not_approve_sees_who_may(office: Office) -> None:
    """A developer may still make another proposal of it; a viewer only reads."""
    alice = await person(office, "alice", Role.operator)
    bob, carol = await person(office, "bob", Role.developer), await person(office, "carol", Role.viewer)
    _, shown = await proposed(office, alice)

    developers, viewers = await seen(office, bob, shown), await seen(office, carol, shown)

    assert "You are developer here. To approve a medium risk needs operator." in developers.text
    assert "You are viewer here. To approve a medium risk needs operator." in viewers.text
    assert (verbs(developers), verbs(viewers)) == (["edit"], [])


async def test_who_may_approve_sees_the_buttons_that_decide(office: Office) -> None:
    alice, bob = await person(office, "alice", Role.operator), await person(office, "bob", Role.operator)
    _, shown = await proposed(office, alice)

    mine = await seen(office, bob, shown)

    assert mine.card["body"] == shown.card["body"]


async def test_who_has_approved_already_sees_how_many_are_missing(office: Office) -> None:
    alice, bob = await person(office, "alice", Role.operator), await person(office, "bob", Role.operator)
    carol = await person(office, "carol", Role.operator)
    made, shown = await proposed(office, alice, risk=Risk.high)
    await decides(office, made, bob)

    mine = await seen(office, bob, shown)

    assert "You have approved this. 1 of 2 approvals are there" in mine.text
    assert verbs(mine) == ["revoke", "edit"]
    assert verbs(await seen(office, carol, shown)) == ["approve", "reject", "edit"]


@pytest.mark.parametrize(("verdict", "title"), [("approve", "Approved: "), ("reject", "Rejected: nothing was changed")])
async def test_after_a_decision_everybody_sees_what_became_of_it(office: Office, verdict: str, title: str) -> None:
    """Also where a client asks before the message is updated."""
    alice, bob = await person(office, "alice", Role.operator), await person(office, "bob", Role.operator)
    made, shown = await proposed(office, alice)
    await decides(office, made, bob, verdict)

    mine = await seen(office, alice, shown)

    assert title in mine.text
    assert "Bob at" in mine.text
    assert verbs(mine) == []
    assert "refresh" not in mine.card


async def test_a_copy_looks_different_for_each_as_well_and_no_more_once_it_is_decided(office: Office) -> None:
    alice, bob = await person(office, "alice", Role.operator), await person(office, "bob", Role.operator)
    made, _ = await proposed(office, alice)
    record = await office.store.proposals.get(made.id)
    assert record is not None
    conversation = Place.of("tenant", alice.own_chat).conversation
    await outbox.put(office.store, conversation, shown_again(record, "asked-1", LABEL, "UTC"))
    copy = await office.teams.sees(alice.own_chat, "Proposal: ")

    assert verbs(await seen(office, alice, copy)) == ["revoke", "edit"]
    await decides(office, made, bob)
    await close_copies(office.store, LABEL, made.id)
    await office.teams.sees(alice.own_chat, "Approved: ")
    assert "refresh" not in copy.card


async def test_who_is_not_known_yet_sees_the_shared_card(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator whom Teams has not told apart from a guest yet could decide by the time they press."""
    alice, bob = await person(office, "alice", Role.operator), await person(office, "bob", Role.operator)
    _, shown = await proposed(office, alice)
    policy = Policy(home=frozenset({"tenant"}))
    monkeypatch.setattr(office.door._people, "policy", policy)

    first = await asked(office, bob, shown)
    async with asyncio.timeout(10):
        while not await office.door._people.sure(account(bob)):
            await asyncio.sleep(0.01)
    office.teams.members.different["29:carol"] = {"userRole": "guest"}
    carol = await person(office, "carol", Role.operator)
    async with asyncio.timeout(10):
        while not await office.door._people.sure(account(carol)):
            await asyncio.sleep(0.01)

    assert first["value"]["body"] == shown.card["body"]
    assert (await seen(office, bob, shown)).card["body"] == shown.card["body"]
    assert "You are viewer here" in (await seen(office, carol, shown, "manual")).text


async def test_a_look_does_nothing_and_leaves_nothing_behind(office: Office) -> None:
    """No work, no word, no line in the audit; and what is pressed on it is judged as on any card."""
    alice = await person(office, "alice", Role.operator)
    made, shown = await proposed(office, alice)
    before = len(await office.store.audit.tail()), len(office.answers.heard)

    await seen(office, alice, shown)
    await seen(office, alice, shown, "manual")
    await office.settled()

    assert (len(await office.store.audit.tail()), len(office.answers.heard)) == before
    record = await office.store.proposals.get(made.id)
    assert record is not None
    assert record.decisions == ()


async def test_of_a_long_script_only_the_message_with_the_buttons_looks_different(office: Office) -> None:
    """The messages before it stay as they are, and every line stands where it stood."""
    alice = await person(office, "alice", Role.operator)
    _, last = await proposed(office, alice, script=Script(LONG, "kubectl get pods\n", "true\n"))
    messages = office.teams.in_thread(office.teams.place_of(last))[-2:]
    assert [bool(one.card.get("refresh")) for one in messages] == [False, True]

    mine = await seen(office, alice, last)

    assert "Approve" in json.dumps(last.card["body"][-1])
    assert mine.card["body"][:-2] == last.card["body"][:-1]
    assert "(4 of 4)" in mine.text
    assert "Your decision" not in json.dumps(mine.card)
    assert len(json.dumps(mine.card).encode()) < LARGEST


NOT_THERE: tuple[tuple[dict[str, object], int], ...] = (
    ({"subject": "p-unknown"}, 404),
    ({"subject": ""}, 404),
    ({"shown": "proposal:p-unknown"}, 404),
    ({"shown": ""}, 404),
    ({"subject": ["p1"]}, 404),
    ({"subject": "\x00"}, 400),
    ({"shown": "p" * 10_000}, 400),
    ({"hilda": "0"}, 400),
)


async def test_a_look_at_what_is_not_there_is_refused_and_shows_nothing(office: Office) -> None:
    """Forged or of another release: an error in Teams' own form; the client goes on showing the shared card."""
    alice = await person(office, "alice", Role.operator)
    _, shown = await proposed(office, alice)

    bodies = [await asked(office, alice, shown, **changed) for changed, _ in NOT_THERE]

    assert {body["type"] for body in bodies} == {"application/vnd.microsoft.error"}
    assert [body["statusCode"] for body in bodies] == [status for _, status in NOT_THERE]


async def test_another_message_of_hers_is_no_proposal_to_look_at(office: Office) -> None:
    """Whoever names the key of something that was said to somebody else does not see it."""
    alice = await person(office, "alice", Role.operator)
    _, shown = await proposed(office, alice)
    secret = Reply(card("For bob alone", Text("private words")), key="private")
    await outbox.put(office.store, Place.of("tenant", CHANNEL).conversation, secret)

    body = await asked(office, alice, shown, shown="private")

    assert body["statusCode"] == 404
    assert "private words" not in json.dumps(body)


async def test_who_is_nobody_here_sees_no_more_than_the_channel_does(tmp_path: Path) -> None:
    """And a proposal about another cluster is that one's own business."""
    async with open_office(tmp_path, teams_development=True, unknown_people="nobody") as office:
        office.on_reply(nothing)
        alice = await person(office, "alice", Role.operator)
        eve = await person(office, "eve")
        _, shown = await proposed(office, alice)

        refused = await asked(office, eve, shown, "manual")

        assert refused["statusCode"] == 404
        assert "rollout undo" not in json.dumps(refused)
        assert "29:eve" not in accounts(shown)
        unknown = await office.teams.deliver({**_look(alice, shown), "from": {"id": "29:x"}})
        assert unknown[1]["statusCode"] == 403


async def test_a_proposal_about_another_cluster_is_not_shown_here(office: Office) -> None:
    alice = await person(office, "alice", Role.operator)
    _, shown = await proposed(office, alice)
    elsewhere = making.proposal(cluster="another", requester=account(alice))
    kept = await office.store.proposals.propose(elsewhere)
    said = proposal_card(elsewhere, kept.digest, LABEL, utc_now(), "UTC")
    await outbox.put(office.store, "terminal:box:1", Reply(said, key="elsewhere"))

    assert (await asked(office, alice, shown, subject=elsewhere.id, shown="elsewhere"))["statusCode"] == 404


async def test_teams_asks_for_who_asked_who_may_decide_and_who_takes_part(office: Office) -> None:
    """In this order; for who never spoke with Hilda it cannot ask, and for people of Slack it does not."""
    bob, dora = await person(office, "bob", Role.operator), await person(office, "dora", Role.viewer)
    alice, carol = await person(office, "alice"), await person(office, "carol")
    await office.store.identities.bind(Person("teams", "tenant", "aad-silent"), Role.admin, "test")
    await person(office, "eve")
    await office.store.identities.bind(Person("slack", "tenant", "aad-eve"), Role.admin, "test")
    thread = (await carol.says(CHANNEL, "script", mention=True))["conversation"]["id"]
    conversation = Place.of("tenant", thread).conversation
    await office.store.conversations.heard(conversation, account(carol), "script", "1")
    made = making.proposal(cluster=CLUSTER, conversation=conversation, requester=account(alice))
    kept = await office.store.proposals.propose(made)
    said = proposal_card(made, kept.digest, LABEL, utc_now(), "UTC")
    await outbox.put(office.store, conversation, Reply(said, key=f"proposal:{made.id}"))

    shown = await office.teams.sees(thread, "Proposal: ")

    assert accounts(shown) == [f"29:{human.name}" for human in (alice, bob, carol, dora)]


async def test_where_nobody_is_known_nobody_is_asked_for(office: Office) -> None:
    """Left out, the list would mean everybody, each time they look."""
    office.teams.known.add(CHANNEL)
    somebody = office.teams.person("somebody")
    await office.teams.deliver({**somebody.activity("installationUpdate", CHANNEL, action="add"), "from": {"id": ""}})
    conversation = Place.of("tenant", CHANNEL).conversation
    made = making.proposal(cluster=CLUSTER, conversation=conversation)
    kept = await office.store.proposals.propose(made)
    said = proposal_card(made, kept.digest, LABEL, utc_now(), "UTC")
    await outbox.put(office.store, conversation, Reply(said, key=f"proposal:{made.id}"))
    await office.settled()

    (shown,) = [said for messages in office.teams.messages.values() for said in messages if "Proposal: " in said.text]
    assert "refresh" not in shown.card
    assert verbs(shown) == ["approve", "reject", "edit"]


async def test_a_forged_role_costs_looks_and_no_proposal(office: Office) -> None:
    """The card is the same for everybody then, and who asks for a look hears that an administrator must look."""
    alice = await person(office, "alice", Role.viewer)
    _, before = await proposed(office, alice)
    async with office.store.database.begin() as tx:
        await tx.execute(text("UPDATE identity SET role = 4"))

    made, shown = await proposed(office, alice)
    refused = await asked(office, alice, before)

    assert made.title in shown.text
    assert "refresh" not in shown.card
    assert refused["statusCode"] == 503
    assert "An administrator must look" in refused["value"]["message"]


def test_a_card_asks_for_the_looks_of_sixty_people_at_most() -> None:
    made = with_refresh(
        Post("", {"type": "AdaptiveCard"}), Refresh("p1", "proposal:p1"), (f"29:{n}" for n in range(90))
    )

    assert made.card["refresh"]["userIds"] == [f"29:{n}" for n in range(MOST)]


@given(st.lists(st.text("29:abcé漢", min_size=1), max_size=90), st.integers(0, 2), st.integers(25_000, 28_000))
@settings(deadline=None, max_examples=50)
def test_a_card_for_approval_stays_small_enough_however_many_it_concerns(
    people: list[str], large: int, length: int
) -> None:
    """Each once, in order, and fewer where they do not fit."""
    post = Post("", {"type": "AdaptiveCard", "body": ["x" * (length if large else 0)]})

    made = with_refresh(post, Refresh("p1", "proposal:p1"), people)

    named = made.card.get("refresh", {}).get("userIds", [])
    assert named == list(dict.fromkeys(people))[: len(named)]
    assert made is post or len(json.dumps(made.card, ensure_ascii=False)) <= LARGEST
    assert ("refresh" in made.card) == bool(named)


@settings(deadline=None, max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_what_asks_for_a_look_is_read_back_or_not_at_all(anything: object) -> None:
    action = with_refresh(Post("", {}), Refresh("p1", "proposal:p1"), ["29:x"]).card["refresh"]["action"]

    assert wanted({"action": action, "trigger": "manual"}) == Refresh("p1", "proposal:p1")
    for broken in (anything, {"action": anything}, {"action": {**action, "data": anything}}):
        assert wanted(broken) is None


def test_the_buttons_alone_are_exchanged_wherever_a_page_ends() -> None:
    """However long the script is, the last message differs in what stands where the buttons were."""
    for length in range(20, 400, 19):
        made = making.proposal(script=Script("echo 'a line of the script'\n" * length * 2, "true\n", "true\n"))
        proposal = proposal_card(made, "f" * 64, LABEL, utc_now(), "UTC")
        shared, mine = draw(proposal)[-1], draw_last(proposal, [Text("You asked for this.")], proposal.tone)

        buttons = [element for element in shared.card["body"] if "Approve" in json.dumps(element)]
        assert len(buttons) == 1
        assert mine.card["body"][:-1] == [element for element in shared.card["body"] if element not in buttons]
        assert mine.summary == shared.summary


def _look(human: Human, shown: Shown) -> dict[str, Any]:
    value = {"action": shown.card["refresh"]["action"], "trigger": "manual"}
    return human.activity("invoke", human.own_chat, name="adaptiveCard/action", value=value, replyToId=shown.id)
