"""Every incident, from the question that its hint proposes to a healed cluster: right cause, right fix."""

from pathlib import Path

import pytest

from domain.proposals import ProposalState
from practice.waiting import until
from tests.conftest import OpenGround
from tests.journeys.office import Office, open_office

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

NEEDS_METRICS = frozenset({"autoscaler-limit", "misleading"})
SETTLES_SLOWLY = pytest.mark.slow
"""Rates look back over a minute, so that much passes before they tell that it helped."""


@pytest.mark.parametrize(
    ("scenario", "cause", "runs"),
    [
        ("memory-limit", "out-of-memory|Deployment|{victim}", "set resources deployment/{victim}"),
        ("probe-port", "probe-failing|Deployment|{victim}", "rollout undo deployment/{victim}"),
        ("wrong-host", "crash-loop|Deployment|{victim}", "set env deployment/{victim}"),
        ("selector-typo", "service-without-endpoints|Service|{victim}", "patch service {victim}"),
        ("cordoned", "unschedulable|Deployment|{victim}", "kubectl uncordon "),
        ("claim-pending", "claim-pending|PersistentVolumeClaim|", "rollout undo deployment/{victim}"),
        pytest.param(
            "autoscaler-limit",
            "autoscaler-at-limit|HorizontalPodAutoscaler|{victim}",
            "patch hpa {victim}",
            marks=SETTLES_SLOWLY,
        ),
        pytest.param(
            "misleading",
            "pool-exhausted|Deployment|{victim}",
            "set env deployment/{victim}",
            marks=SETTLES_SLOWLY,
        ),
    ],
)
async def test_an_incident_is_understood_and_healed(
    scenario: str, cause: str, runs: str, small_ground: OpenGround, tmp_path: Path
) -> None:
    """Nothing but what the hint says is known; a second person approves; the cluster read afresh is the judge."""
    ground = await small_ground(scenario, 41, metrics=scenario in NEEDS_METRICS)
    victim = ground.scenario.victim
    async with open_office(ground, tmp_path) as office:
        answer = await office.says(ground.hint.partition("Ask: ")[2])
        for level in ("checklist", "commands", "script"):
            await office.says(level)
        await office.presses("approve", by="lead")
        done = await office.outcome()

        code, _, _, kind, name = done.proposal.cause_key.split("|")
        assert f"{code}|{kind}|{name}".startswith(cause.format(victim=victim)), answer
        assert runs.format(victim=victim) in done.proposal.script.run
        assert done.state is ProposalState.finished, (tmp_path / "executor.log").read_text()
        await until("the outcome to be told", lambda: _said(office, "Done and verified"))
        if scenario == "cordoned":
            assert [expected.kind for expected in done.proposal.preconditions] == ["Node"], "only what is written"
        if scenario == "misleading":
            asked = ground.scenario.values["outer_caller"]
            assert f"{asked} shows it, {victim} causes it" in answer

    verdict = await ground.healed()
    assert verdict.ok, verdict.why


async def _said(office: Office, title: str) -> bool:
    return any(card.title.startswith(title) for card in office.cards())
