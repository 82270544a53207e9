"""Commands, shortcuts, modals, the Home tab and the assistant, over both transports."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.dispatcher import Dispatcher
from bot.doors.slack import manifest
from bot.doors.slack.render.card import draw
from bot.doors.slack.render.post import View
from domain.cards import Checklist, ChecklistItem, Choice, Choices, Progress, card
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.people import Person, Role
from domain.proposals import Proposal, ProposalState
from domain.scripts import Script
from tests.bot.doors.slack.made_up import CLUSTER, Office, echo, open_office
from tests.fakes.slack import interactions
from tests.fakes.slack.bolt_app import TRANSPORTS
from tests.fakes.slack.driver import Person as Someone
from tests.fakes.slack.driver import Place
from tests.fakes.slack.seen import Seen
from tests.gallery.cards import GALLERY
from tests.store import making

over_both = pytest.mark.parametrize("office", TRANSPORTS, indirect=True)


@pytest.fixture
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, getattr(request, "param", "http")) as opened:
        url = opened.slack.app.request_url
        opened.slack.app.configure(manifest.manifest(request_url=url))
        dispatcher = Dispatcher(cast("Any", opened.desk), *[cast("Any", None)] * 3)

        async def answer(incoming: Incoming) -> AsyncIterator[Reply]:
            decides = isinstance(incoming, ButtonPressed | FormSubmitted) and incoming.action in {"approve", "reject"}
            async for reply in dispatcher.handle(incoming) if decides else echo(incoming):
                yield reply

        opened.on_reply(answer)
        yield opened


async def person(office: Office, name: str, role: Role) -> Someone:
    someone = office.slack.user(name)
    known = Person("slack", office.slack.workspace.team_id, someone.id)
    await office.store.identities.bind(known, role, "test")
    return someone


async def proposed(office: Office, place: Place, **different: Any) -> Proposal:
    conversation = f"slack:{office.slack.workspace.team_id}:{place.id}:"
    made = making.proposal(cluster=CLUSTER, conversation=conversation, **different)
    await office.store.proposals.propose(made)
    return made


async def state(office: Office, made: Proposal) -> ProposalState:
    record = await office.store.proposals.get(made.id)
    assert record is not None
    return record.state


# The command


@over_both
async def test_a_question_by_command_stands_in_the_channel_with_its_answer_below(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    await alice.runs("/hilda ask why is checkout slow?", shop)
    answer = await shop.sees("You said: why is checkout slow?")

    question = await shop.sees("asks: why is checkout slow?")
    assert answer.thread_ts == question.ts
    assert alice.errors == []


async def test_what_is_wanted_of_the_daily_report_is_said_as_if_typed_in_the_channel(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    await alice.runs("/hilda report every day at 9", shop)

    await shop.sees("You said: report every day at 9")
    assert office.answers.heard[-1].conversation.startswith(f"slack:{office.slack.workspace.team_id}:{shop.id}:")


async def test_what_is_no_word_of_the_command_is_a_question(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    await alice.runs("/hilda why is checkout slow?", shop)

    await shop.sees("You said: why is checkout slow?")


async def test_a_slip_gets_the_word_that_was_meant_privately(office: Office) -> None:
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)

    await alice.runs("/hilda propsals", shop)

    assert "/hilda proposals" in (await shop.sees("Did you mean", by=alice)).words
    assert shop.messages(by=bob) == []
    assert office.answers.heard == []


async def test_where_it_cannot_write_it_answers_directly_and_says_so(office: Office) -> None:
    alice = office.slack.user("alice")
    secret = office.slack.channel("secret", alice, bot=False, private=True)

    await alice.runs("/hilda check shop", secret)

    await secret.sees("I answer you directly", by=alice)
    await office.slack.direct(alice).sees("You said: what is wrong in shop?")


ANSWERS = {
    "/hilda": "What I can do",
    "/hilda help": "/hilda approve [id]",
    "/hilda who": "viewer",
    "/hilda level": "Here I climb to level 4",
    "/hilda status": "answers, eu-prod-1",
    "/hilda incidents": "Nothing is open",
    "/hilda proposals": "Nothing waits for a decision",
    "/hilda stop": "Nothing is under way",
    "/hilda mute": "I am not muted here",
    "/hilda approve p-none": "There is no such proposal",
}


async def test_what_concerns_one_person_only_they_see(office: Office) -> None:
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)

    for line, words in ANSWERS.items():
        await alice.runs(line, shop)
        await shop.sees(words, by=alice)

    assert shop.messages(by=bob) == []
    assert alice.errors == []


async def test_who_says_what_somebody_else_may_do(office: Office) -> None:
    alice = office.slack.user("alice")
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", alice, lead)

    await alice.runs("/hilda who @lead", shop)

    seen = await shop.sees("operator", by=alice)
    assert lead.id in seen.words


async def test_a_stranger_is_told_why_nothing_is_done(office: Office) -> None:
    eve = office.slack.user("eve", team_id="T0OTHER")
    shop = office.slack.channel("shop", eve, shared=True)

    await eve.runs("/hilda incidents", shop)
    await eve.runs("/hilda ask what is wrong?", shop)

    await shop.sees("I do not know you", by=eve)
    assert office.answers.heard == []


async def test_a_slow_slack_delays_an_answer_and_never_the_command(office: Office) -> None:
    """A command that is not acknowledged within three seconds shows an error, although it was heard."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    office.slack.answer_late("users.info", 4.0)
    office.slack.answer_late("conversations.open", 4.0)
    office.slack.answer_late("chat.postMessage", 4.0)

    await alice.runs("/hilda ask what is wrong?", shop)

    assert alice.errors == []
    await office.slack.direct(alice).sees("You said: what is wrong?", within=15)


async def test_stop_ends_what_is_done_for_me_in_this_channel(office: Office) -> None:
    """Not what is done for others, nor for me elsewhere."""
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop, ops = office.slack.channel("shop", alice, bob), office.slack.channel("ops", alice)
    ended: list[str] = []

    async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
        assert isinstance(incoming, Message)
        try:
            await asyncio.sleep(30)
            yield Reply(card("late"), key=incoming.id)
        except asyncio.CancelledError:
            ended.append(incoming.author.id + incoming.conversation.split(":")[2])
            raise

    office.on_reply(slow)
    await alice.runs("/hilda ask mine?", shop)
    await bob.runs("/hilda ask his?", shop)
    await alice.runs("/hilda ask elsewhere?", ops)
    async with asyncio.timeout(3):
        while len(office.answers.heard) < 3:
            await asyncio.sleep(0.02)

    await alice.runs("/hilda stop", shop)
    await shop.sees("I stopped looking")

    assert ended == [alice.id + shop.id]


async def test_stop_written_in_a_thread_ends_what_is_done_there(office: Office) -> None:
    """It does not wait its turn behind what it stops; with nothing under way it is a message like any other."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
        if isinstance(incoming, Message) and "stop" not in incoming.text.lower():
            await asyncio.sleep(30)
        yield Reply(card("Nothing is under way"), key=incoming.id)

    office.on_reply(slow)
    asked = await alice.says(shop, "@hilda what is wrong?")
    async with asyncio.timeout(3):
        while not office.answers.heard:
            await asyncio.sleep(0.02)
    await alice.says(shop, "stop", thread=asked)
    await shop.sees("I stopped looking")
    await alice.says(shop, "Stop!", thread=asked)

    await shop.sees("Nothing is under way")


async def test_what_is_under_way_has_a_button_that_ends_it(office: Office) -> None:
    """Gone with what it stops; a script that runs has none, since it would not end that."""
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)

    async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
        yield Reply(card("Looking", Progress((("412 pods read", "running"),))), key=f"{incoming.id}:looking")
        yield Reply(card("Running", Progress((("step 1", "running"),))), key=f"running:{incoming.id}")
        await asyncio.sleep(30)

    office.on_reply(slow)
    await alice.says(shop, "@hilda what is wrong?")
    looking = await shop.sees("412 pods read")
    assert (looking.buttons, (await shop.sees("step 1")).buttons) == (["Stop"], [])
    await bob.presses(looking, "Stop")

    over = await shop.sees("I stopped looking")
    assert (over.ts, over.buttons) == (looking.ts, [])


async def test_who_may_nothing_stops_nothing(office: Office) -> None:
    alice, eve = office.slack.user("alice"), office.slack.user("eve", team_id="T0OTHER")
    shop = office.slack.channel("shop", alice, eve, shared=True)
    go_on = asyncio.Event()

    async def slow(incoming: Incoming) -> AsyncIterator[Reply]:
        await go_on.wait()
        yield Reply(card("Not stopped"), key=incoming.id)

    office.on_reply(slow)
    asked = await alice.says(shop, "@hilda what is wrong?")
    async with asyncio.timeout(3):
        while not office.answers.heard:
            await asyncio.sleep(0.02)
    await eve.says(shop, "stop", thread=asked)
    await asyncio.sleep(0.5)
    go_on.set()

    await shop.sees("Not stopped")


async def test_what_another_release_offered_is_answered_with_a_word(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    office.slack.app.commands["/older"] = {}
    office.slack.app.shortcuts["older"] = "global"

    await alice.runs("/older help", shop)
    await alice.shortcut("older")
    await alice.shortcut("hilda_ask")
    alice.user.modals[-1].content["callback_id"] = "hilda:older"
    await alice.submits({"What would you like to know?": "anything"})

    await shop.sees("/hilda help", by=alice)
    await alice.sees_modal("This no longer works")
    assert alice.errors == []
    assert office.answers.heard == []


# Shortcuts


@over_both
async def test_an_alert_of_another_app_is_investigated_in_its_thread(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    attachment = {"title": "[FIRING:1] CrashLooping", "text": "alertname: CrashLooping\nnamespace: shop"}
    alert = await office.slack.alerts(shop, "", attachments=[attachment])
    assert office.answers.heard == []

    await alice.shortcut("hilda_investigate", alert)
    answer = await shop.sees("You said:")

    assert answer.thread_ts == alert.ts
    assert "alertname: CrashLooping" in office.answers.texts[0]
    assert alice.errors == []


@over_both
async def test_a_question_from_anywhere_is_answered_directly(office: Office) -> None:
    alice = office.slack.user("alice")

    await alice.shortcut("hilda_ask")
    await alice.sees_modal("What would you like to know?")
    await alice.submits({"What would you like to know?": "why is checkout slow?"})

    assert alice.modal is not None
    assert "direct conversation" in alice.modal.words
    await office.slack.direct(alice).sees("You said: why is checkout slow?")
    (heard,) = office.answers.heard
    assert isinstance(heard, Message)
    assert ":D" in heard.conversation


# Modals


@over_both
async def test_a_long_script_is_read_to_its_end_before_it_can_be_approved(office: Office) -> None:
    """Every line is on a page, and no page but the last one approves."""
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    lines = [f"kubectl annotate pod web-{n} note=checked-by-hand-{n}" for n in range(600)]
    made = await proposed(office, shop, script=Script("\n".join(lines) + "\n", "true\n", "true\n"))

    await lead.runs("/hilda approve", shop)
    read = ""
    for _ in range(50):
        page = await lead.sees_modal()
        read += page.words
        if page.content["submit"]["text"] == "Approve":
            break
        assert await state(office, made) is ProposalState.proposed
        await lead.submits()
    assert all(line in read for line in lines)
    await lead.submits()

    await lead.sees_modal("It counts", within=6)
    assert await state(office, made) is ProposalState.approved
    assert lead.errors == []


async def test_a_rejection_carries_its_reason(office: Office) -> None:
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    made = await proposed(office, shop)

    await lead.runs(f"/hilda reject {made.id}", shop)
    await lead.sees_modal(made.title)
    await lead.submits({"Why? A rejection is final.": "the release is paused"})

    await lead.sees_modal("rejected", within=6)
    record = await office.store.proposals.get(made.id)
    assert record is not None
    assert record.decisions[0].reason == "the release is paused"


async def test_edited_commands_come_back_as_they_were_typed(office: Office) -> None:
    dev = await person(office, "dev", Role.developer)
    shop = office.slack.channel("shop", dev)
    made = await proposed(office, shop)
    choices = Choices((Choice("Edit", "edit", made.id, "0" * 12),))
    (post,) = draw(card("A proposal", choices), View())
    said = await office.door.calls("chat.postMessage", channel=shop.id, **post.payload())

    await dev.presses(next(one for one in shop.messages() if one.ts == said["ts"]), "Edit")
    window = await dev.sees_modal("Only command lines")
    assert "kubectl rollout undo" in str(window.blocks)
    await dev.submits({"Command lines": "kubectl get pods\nkubectl get deployments"})
    await office.settled()

    (heard,) = office.answers.heard
    assert isinstance(heard, FormSubmitted)
    assert (heard.action, heard.subject) == ("edit", made.id)
    assert heard.values["commands"] == "kubectl get pods\nkubectl get deployments"
    assert heard.conversation.endswith(f":{shop.id}:{said['ts']}")


async def test_a_window_decides_once_however_often_it_is_delivered(office: Office) -> None:
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    made = await proposed(office, shop)
    await lead.runs(f"/hilda reject {made.id}", shop)
    view = lead.user.modals[-1]
    payload = interactions.view_submission(office.slack, lead.user, view)

    await lead.submits()
    await office.slack.road.send("interactive", payload)
    await office.settled()

    assert len([one for one in office.answers.heard if isinstance(one, FormSubmitted)]) == 1


async def test_who_may_not_reject_hears_so_in_the_window(office: Office) -> None:
    viewer = office.slack.user("viewer")
    shop = office.slack.channel("shop", viewer)
    made = await proposed(office, shop)

    await viewer.runs(f"/hilda reject {made.id}", shop)

    await viewer.sees_modal("needs operator")
    assert await state(office, made) is ProposalState.proposed


async def test_a_yes_that_does_not_count_is_said_in_the_window(office: Office) -> None:
    """A viewer reads it all and approves; the record refuses, and the window says so."""
    viewer = office.slack.user("viewer")
    shop = office.slack.channel("shop", viewer)
    made = await proposed(office, shop)

    await viewer.runs(f"/hilda approve {made.id}", shop)
    await viewer.submits()

    await viewer.sees_modal("It did not count", within=6)
    assert await state(office, made) is ProposalState.proposed


async def test_a_decided_proposal_is_not_shown_for_approval(office: Office) -> None:
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    made = await proposed(office, shop)
    await making.decide(office.store, made.id, verdict="reject")

    await lead.runs(f"/hilda approve {made.id}", shop)

    modal = await lead.sees_modal("It is rejected")
    assert not modal.content.get("submit")


async def test_an_administrator_gives_a_role_and_nobody_else_does(office: Office) -> None:
    boss, bob = await person(office, "boss", Role.admin), office.slack.user("bob")
    shop = office.slack.channel("shop", boss, bob)

    await bob.runs("/hilda settings", shop)
    assert not (await bob.sees_modal("Highest level here")).content.get("submit")
    await boss.runs("/hilda settings", shop)
    await boss.sees_modal("Give a person")
    await boss.submits({"Give a person": bob.id, "this role": "operator"})

    await boss.sees_modal("is operator now")
    known = Person("slack", office.slack.workspace.team_id, bob.id)
    assert await office.store.identities.role_of(known) is Role.operator


async def test_who_is_no_administrator_any_more_gives_no_role(office: Office) -> None:
    boss, bob = await person(office, "boss", Role.admin), office.slack.user("bob")
    shop = office.slack.channel("shop", boss, bob)
    await boss.runs("/hilda settings", shop)
    await boss.sees_modal("Give a person")

    team = office.slack.workspace.team_id
    await office.store.identities.bind(Person("slack", team, boss.id), Role.viewer, "test")
    await boss.submits({"Give a person": bob.id, "this role": "admin"})

    await boss.sees_modal("Not allowed")
    assert await office.store.identities.role_of(Person("slack", team, bob.id)) is Role.nobody
    assert "refused" in [row.what for row in await office.store.audit.tail()]


async def test_a_proposal_about_another_cluster_is_not_decided_here(office: Office) -> None:
    """Its window would name the wrong cluster."""
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    made = making.proposal(cluster="another")
    await office.store.proposals.propose(made)

    await lead.runs(f"/hilda approve {made.id}", shop)

    modal = await lead.sees_modal("Not here")
    assert not modal.content.get("submit")


# Home and the assistant


@over_both
async def test_the_home_tab_shows_what_waits_for_me_and_lets_me_decide(office: Office) -> None:
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    made = await proposed(office, shop)

    await lead.opens_home()
    home = await lead.sees_home(made.title)
    assert all(words in home.words for words in ("Waiting for you: 1", "No open incident", "Executor", "operator"))
    await lead.presses(home, "Read it all, then decide")
    await lead.sees_modal(made.script.run.strip())
    await lead.submits()

    await lead.sees_home("Nothing waits for you", within=6)
    assert await state(office, made) is ProposalState.approved


async def test_the_home_tab_is_shown_anew_when_somebody_else_decided(office: Office) -> None:
    """Nobody opens it again for that; who did not open it gets none."""
    lead, boss = await person(office, "lead", Role.operator), await person(office, "boss", Role.operator)
    shop = office.slack.channel("shop", lead, boss)
    made = await proposed(office, shop)
    await lead.opens_home()
    await lead.sees_home(made.title)

    await boss.runs(f"/hilda reject {made.id} not today", shop)

    await lead.sees_home("Nothing waits for you", within=8)
    assert boss.home is None


async def test_ones_own_proposal_does_not_wait_for_oneself(office: Office) -> None:
    lead = await person(office, "lead", Role.operator)
    shop = office.slack.channel("shop", lead)
    await proposed(office, shop, requester=Person("slack", office.slack.workspace.team_id, lead.id))

    await lead.opens_home()

    await lead.sees_home("Nothing waits for you")


async def test_the_messages_tab_offers_first_questions(office: Office) -> None:
    alice = office.slack.user("alice")

    await alice.opens_home("messages")
    await office.settled()
    office.slack.app.events.add("assistant_thread_started")
    thread = await alice.opens_assistant()
    await office.settled()

    direct = office.slack.direct(alice)
    async with asyncio.timeout(3):
        while len(office.slack.prompts) < 2:
            await asyncio.sleep(0.01)
    assert set(office.slack.prompts) == {(direct.id, ""), (direct.id, thread.ts)}


# Checklists


async def test_a_task_that_one_ticks_is_ticked_for_everybody(office: Office) -> None:
    """Slack shows a tick only to who set it; two people who tick at once lose none."""
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)
    incident = await office.store.incidents.open_or_join(f"pool|{CLUSTER}|shop|Deployment|api", "Pool", CLUSTER, "c")
    names = ("Page the owner", "Look at the release", "Raise the pool")
    tasks = Checklist(tuple(ChecklistItem(f"t{number}", name) for number, name in enumerate(names)))
    ticks = Choices(tuple(Choice(f"Tick: {item.text}", "tick", f"{incident.id}/{item.id}") for item in tasks.items))
    dispatcher = Dispatcher(cast("Any", office.desk), *[cast("Any", None)] * 3)

    async def answer(incoming: Incoming) -> AsyncIterator[Reply]:
        if isinstance(incoming, ButtonPressed):
            async for reply in dispatcher.handle(incoming):
                yield reply
        else:
            yield Reply(card("How to mend it", tasks, ticks), key=incoming.id)

    office.on_reply(answer)
    await alice.says(shop, "@hilda checklist")
    shown = await shop.sees("Look at the release")
    await asyncio.gather(alice.ticks(shown, f"{incident.id}/t0"), bob.ticks(shown, f"{incident.id}/t2"))

    def both(seen: Seen) -> bool:
        boxes = [element for block in seen.blocks for element in block.get("elements", ()) if "options" in element]
        return [len(box.get("initial_options", ())) for box in boxes] == [2]

    over = await shop.sees(both, within=10)
    assert over.ts == shown.ts
    assert len([seen for seen in shop.messages() if "Raise the pool" in seen.words]) == 1


# Feedback


async def test_a_thumb_under_an_answer_with_sources_goes_into_the_record(office: Office) -> None:
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)

    async def answer(incoming: Incoming) -> AsyncIterator[Reply]:
        yield Reply(GALLERY["answer"], key=incoming.id)

    office.on_reply(answer)
    asked = await alice.says(shop, "@hilda what is wrong?")
    await shop.sees("How I know")
    found, evidence = shop.thread(asked)[1:]
    assert "Not helpful" not in evidence.buttons
    await alice.presses(found, "Not helpful")
    await alice.submits({"What was wrong or missing": "it was the database"})

    rows = [row for row in await office.store.audit.tail() if row.what == "rated"]
    assert [(row.result, row.why) for row in rows] == [("missed", ""), ("missed", "it was the database")]
    assert alice.errors == []


async def test_one_person_has_one_voice_about_an_answer(office: Office) -> None:
    """The same thumb again adds nothing, and is thanked for once; others are heard as well."""
    alice, bob = office.slack.user("alice"), office.slack.user("bob")
    shop = office.slack.channel("shop", alice, bob)

    async def answer(incoming: Incoming) -> AsyncIterator[Reply]:
        yield Reply(GALLERY["answer"], key=incoming.id)

    office.on_reply(answer)
    await alice.says(shop, "@hilda what is wrong?")
    found = await shop.sees(lambda seen: "Helpful" in seen.buttons)
    for someone in (alice, alice, bob):
        await someone.presses(found, "Helpful")
    await shop.sees("You said so before", by=alice)

    rows = [row for row in await office.store.audit.tail() if row.what == "rated"]
    assert [row.who for row in rows] == [f"slack:T0HOME:{alice.id}", f"slack:T0HOME:{bob.id}"]
    assert {row.subject for row in rows} == {f"slack:T0HOME:{shop.id}:{found.thread_ts}/{found.ts}"}
