"""Whether it helped: what is still there is found again, whatever else has gone wrong meanwhile."""

from datetime import timedelta

from domain.proposals import Execution, Outcome, ProposalState
from graphs.verifying import SETTLES_WITHIN, did_it_help
from store.ledger.records import ProposalRecord
from tests.graphs.drawn_up import Conversation, conversation, many_without_a_node
from tests.store.making import proposal
from tests.tools.detectors import things as k
from tests.tools.detectors.test_held import CRASHED, WELL, web

__all__ = ["conversation"]


def ran(code: str, cluster: str) -> ProposalRecord:
    """A script against that trouble of web ran, and its own checks held."""
    outcome = Outcome(0, "", False, True, "", 1.0)
    execution = Execution("x", "p", "w", ProposalState.finished, k.NOW, k.NOW, outcome)
    proposed = proposal(cause_key=f"{code}|{cluster}|shop|Deployment|web", observed_namespaces=(), expectations=())
    return ProposalRecord(proposed, "digest", ProposalState.finished, (), execution)


async def test_trouble_that_became_a_consequence_is_not_taken_for_healed(conversation: Conversation) -> None:
    """The rollout is as stuck as before, and more is wrong than three causes can tell."""
    desk = conversation.app.desk
    times = iter([k.NOW, k.NOW, k.NOW + SETTLES_WITHIN + timedelta(seconds=1)])
    desk.clock = lambda: next(times, k.NOW + SETTLES_WITHIN + timedelta(seconds=1))
    conversation.shows(web(CRASHED, stuck=True), *many_without_a_node())

    verdict = await did_it_help(desk, ran("rollout-stuck", desk.cluster), every=0)

    assert verdict.helped is False
    assert any("does not finish its rollout" in reason for reason in verdict.reasons)


async def test_what_is_gone_has_helped(conversation: Conversation) -> None:
    conversation.shows(web(WELL), *many_without_a_node())
    desk = conversation.app.desk

    assert (await did_it_help(desk, ran("crash-loop", desk.cluster), every=0)).helped is True
