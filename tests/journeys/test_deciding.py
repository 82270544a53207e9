"""Between the proposal and the run: who may decide, what follow-ups change (nothing), edits, and the way back."""

import asyncio
from pathlib import Path

import pytest

from domain.cards import Code, parts_of
from domain.proposals import ProposalState
from tests.conftest import OpenGround
from tests.journeys.office import Office, open_office
from tests.journeys.test_from_question_to_fix import writes_by_the_executor

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox, pytest.mark.timeout(240)]


async def climbed(office: Office) -> None:
    for words in ("what is wrong?", "checklist", "script"):
        await office.says(words)


async def test_three_follow_ups_between_proposal_and_approval_change_nothing(
    practice_ground: OpenGround, tmp_path: Path
) -> None:
    """Ask, propose, ask three more things, approve: it runs once, as proposed."""
    ground = await practice_ground("bad-image", 21, metrics=False)
    async with open_office(ground, tmp_path) as office:
        await climbed(office)
        proposed = await office.proposal()
        for words in ("since when?", "what changed?", "show me the logs"):
            assert await office.says(words)
        before = writes_by_the_executor(ground)
        await office.presses("approve", proposal=proposed)
        done = await office.outcome()

        assert done.digest == proposed.digest
        assert done.state is ProposalState.finished
        assert len(writes_by_the_executor(ground)) - len(before) == 1
        assert len(await office.app.store.proposals.list()) == 1


async def test_only_another_person_with_the_role_decides(practice_ground: OpenGround, tmp_path: Path) -> None:
    """Not the one who asked, not a viewer; each refusal is said privately and kept. A no is final."""
    ground = await practice_ground("bad-image", 22, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        await climbed(office)
        own = await office.presses("approve", by="oncall")
        viewer = await office.presses("approve", by="guest")
        stale = await office.presses("approve", proposal=_of_another_version(await office.proposal()))
        waiting = await office.proposal()
        rejected = await office.fills_in("reject", "lead", reason="not now", digest_prefix=waiting.digest[:12])
        late = await office.presses("approve", by="second-lead")
        refusals = [entry for entry in await office.app.store.audit.tail(50) if entry.what == "refused"]

        assert "somebody else has to approve" in own
        assert "to approve a medium risk needs operator" in viewer
        assert "another version" in stale
        assert waiting.state is ProposalState.proposed
        assert "nothing was changed" in rejected
        assert "not now" in rejected
        assert "already rejected" in late
        assert len(refusals) == 4
        assert (await ground.healed()).ok is False


async def test_an_edit_is_a_new_proposal_of_whoever_edited_it(practice_ground: OpenGround, tmp_path: Path) -> None:
    """Edited lines are judged and rehearsed anew; the editor cannot approve them; what is not allowed is not taken."""
    ground = await practice_ground("bad-image", 23, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        await climbed(office)
        first = await office.proposal()
        target = first.proposal.writes[0]
        form = await office.presses("edit", by="lead")
        secret = await office.fills_in("edit", "lead", commands=f"kubectl -n {target.namespace} get secrets")
        stranger = await office.fills_in(
            "edit", "lead", commands=f"kubectl -n {target.namespace} rollout restart deployment/never-seen"
        )
        await office.fills_in(
            "edit", "lead", commands=f"kubectl -n {target.namespace} rollout undo deployment/{target.name}"
        )
        second = await office.proposal()
        own = await office.presses("approve", by="lead", proposal=second)

        assert "rollout undo" in form
        assert "not run" in secret.lower()
        assert "not observed" in stranger or "never-seen" in stranger
        assert second.proposal.id != first.proposal.id
        assert second.proposal.requester == office.person("lead")
        assert second.proposal.author.startswith("edit:")
        assert "somebody else has to approve" in own
        assert (await office.app.store.proposals.get(first.proposal.id)).state is ProposalState.revoked  # type: ignore[union-attr]


async def test_what_ran_can_be_taken_back_by_a_proposal_of_its_own(practice_ground: OpenGround, tmp_path: Path) -> None:
    """`undo that` proposes the undo script; it needs an approval like anything else, and runs."""
    ground = await practice_ground("bad-image", 24, metrics=False)
    async with open_office(ground, tmp_path) as office:
        await climbed(office)
        await office.presses("approve")
        done = await office.outcome()
        await office.says("undo that")
        undo = await office.proposal()
        await office.presses("approve", proposal=undo)
        undone = await office.outcome()

        assert undo.proposal.undo_of == done.proposal.id
        assert undo.proposal.risk == done.proposal.risk
        assert undone.state is ProposalState.finished
    assert not (await ground.healed()).ok


async def test_the_bytes_on_the_card_are_the_bytes_that_are_stored(practice_ground: OpenGround, tmp_path: Path) -> None:
    """Run, verify and undo are shown whole, as they are in the record."""
    ground = await practice_ground("config-key", 25, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        await climbed(office)
        script = (await office.proposal()).proposal.script
        shown = [part.text for part in parts_of(office.last, Code) if isinstance(part, Code)]

        assert shown == [script.run, script.verify, script.undo]


async def test_a_proposal_that_nobody_decides_expires_and_says_so(practice_ground: OpenGround, tmp_path: Path) -> None:
    """Its time is up by the database's clock; the card loses its buttons and a late click gets the reason."""
    ground = await practice_ground("bad-image", 26, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        object.__setattr__(office.app.desk, "proposal_minutes", 0.05)
        await climbed(office)
        expired = await office.proposal()
        async with asyncio.timeout(30):
            while not any(card.title.startswith("Expired") for card in office.cards()):
                await asyncio.sleep(0.1)
        late = await office.presses("approve", proposal=expired)

    assert "Its time has passed" in late


def _of_another_version(record):  # type: ignore[no-untyped-def]
    import dataclasses

    return dataclasses.replace(record, digest="0" * 64)
