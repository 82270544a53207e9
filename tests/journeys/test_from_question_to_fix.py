"""The whole way: ask, climb, approve, run in the sandbox, verified, remembered; the cluster is read afresh to judge."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.proposals import ProposalState
from practice.ground import PracticeGround
from tests.conftest import OpenGround
from tests.journeys.office import open_office

pytestmark = [pytest.mark.cluster, pytest.mark.prometheus, pytest.mark.sandbox, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("scenario", "seed", "question"),
    [
        ("bad-image", 11, "what is wrong?"),
        ("config-key", 12, "is anything broken?"),
        ("pool-exhausted", 13, "why is it slow?"),
    ],
)
async def test_a_question_leads_to_a_fix_that_heals(
    scenario: str, seed: int, question: str, practice_ground: OpenGround, tmp_path: Path
) -> None:
    """Each incident is found, climbed, approved by another person, run once, verified and remembered."""
    ground = await practice_ground(scenario, seed)
    async with open_office(ground, tmp_path) as office:
        answer = await office.says(question)
        for level in ("checklist", "commands", "script"):
            await office.says(level)
        before = writes_by_the_executor(ground)
        await office.presses("approve", by="lead")
        done = await office.outcome()

        assert "How I know" in answer
        assert done.state is ProposalState.finished, (tmp_path / "executor.log").read_text()
        assert any(card.title.startswith("Done and verified") for card in office.cards()), office.last
        assert len(writes_by_the_executor(ground)) - len(before) == len(done.proposal.writes)
        (incident,) = await office.app.store.incidents.list()
        assert incident.state == "closed"
        code = done.proposal.cause_key.split("|")[0]
        assert (await office.app.store.incidents.what_helped(code))[0].helped == 1

    verdict = await ground.healed()
    assert verdict.ok, verdict.why


async def test_trouble_that_is_over_is_left_alone(practice_ground: OpenGround, tmp_path: Path) -> None:
    """The right answer to an incident that has recovered is "nothing to do", with what happened and when it ended."""
    ground = await practice_ground("recovered", 14)
    async with open_office(ground, tmp_path, executor=False) as office:
        answer = await office.says("what happened?")
        moment = datetime.now(UTC) - timedelta(minutes=25)
        past = await office.says(f"why did errors spike at {moment:%H:%M}?")
        climbed = await office.says("fix it")

        assert "Nothing is wrong now" in answer
        assert "resolved at" in answer
        for line in ("**Cause**", "**Impact**", "**Status**", "resolved at"):
            assert line in past
        assert "Nothing to mend" in climbed
        assert await office.app.store.proposals.list() == ()

    verdict = await ground.healed()
    assert verdict.ok, verdict.why


def writes_by_the_executor(ground: PracticeGround) -> list[str]:
    """What kube-apiserver's own audit log says that the executor changed, rehearsals left out."""
    lines = (json.loads(line) for line in ground.audit_log.read_text().splitlines())
    return [
        line["requestURI"]
        for line in lines
        if line["user"]["username"] == "executor"
        and line["verb"] in {"create", "update", "patch", "delete"}
        and line["stage"] == "ResponseComplete"
        and "dryRun=All" not in line["requestURI"]
        and f"/namespaces/{ground.namespace}/" in line["requestURI"]
    ]
