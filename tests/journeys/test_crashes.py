"""SIGKILL between question and run: another process takes over, and kube-apiserver's audit log counts one change."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from domain.proposals import ProposalState
from tests.conftest import OpenGround
from tests.journeys.office import Office, open_office
from tests.journeys.test_from_question_to_fix import writes_by_the_executor

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox, pytest.mark.timeout(240)]


@pytest.mark.parametrize("barrier", ["before proposal", "after proposal", "before approval", "after approval"])
async def test_a_bot_killed_at_the_worst_moment_loses_nothing_and_does_nothing_twice(
    barrier: str, practice_ground: OpenGround, tmp_path: Path
) -> None:
    """The turn is done again by whoever comes next; the proposal is one, the run is one."""
    ground = await practice_ground("bad-image", 31, metrics=False)
    async with open_office(ground, tmp_path, executor=False) as office:
        for words in ("what is wrong?", "checklist"):
            await office.says(words)
        if barrier.endswith("approval"):
            await office.says("script")
        conversation, given = office.conversation, await _given(office, barrier, tmp_path)

    await _killed_there(given)

    before = writes_by_the_executor(ground)
    async with open_office(ground, tmp_path, conversation=conversation) as office:
        await _quiet(office)
        waiting = await office.proposal()
        if waiting.state is ProposalState.proposed:
            await office.presses("approve", by="lead")
        done = await office.outcome()
        await _quiet(office)

        assert len(await office.app.store.proposals.list()) == 1
        assert done.state is ProposalState.finished
        assert len(writes_by_the_executor(ground)) - len(before) == 1
        assert any(card.title.startswith("Done and verified") for card in office.cards())
        assert (await office.app.store.verify_audit()).whole


async def _given(office: Office, barrier: str, folder: Path) -> dict[str, str]:
    found = await office.app.store.proposals.list()
    return {
        "barrier": barrier,
        "kubeconfig": str(office.ground.kubeconfig),
        "context": office.ground.context,
        "folder": str(folder),
        "conversation": office.conversation,
        "person": "lead" if barrier.endswith("approval") else "oncall",
        "proposal": found[0].proposal.id if found else "",
        "prefix": found[0].digest[:12] if found else "",
        "reached": str(folder / "reached"),
    }


async def _killed_there(given: dict[str, str]) -> None:
    reached = Path(given["reached"])
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.journeys.dying_bot", json.dumps(given))
    try:
        async with asyncio.timeout(60):
            while not reached.exists():  # noqa: ASYNC240 - another process makes it
                assert process.returncode is None, "the bot ended by itself"
                await asyncio.sleep(0.05)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _quiet(office: Office) -> None:
    """Until the jobs that the dead process left behind are done."""
    async with asyncio.timeout(60):
        while await office.app.store.jobs.waiting(office.conversation):
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
