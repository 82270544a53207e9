"""How a run ended that nobody can tell from the record: said by a person, once, and nothing runs because of it."""

import asyncio

import pytest

from domain.proposals import Ended, ProposalState
from store.ledger.claimed import ClaimedExecution
from store.record import Store
from tests.store.making import LEAD, SECOND, approved, claimed, out_of_lease, outcome


async def _lost(store: Store) -> ClaimedExecution:
    """A run whose executor died after it had begun."""
    run = await claimed(store)
    await store.claims.started(run)
    await out_of_lease(store, "execution")
    await store.claims.orphans()
    return run


@pytest.mark.parametrize(
    ("ended", "stands", "said"),
    [
        (Ended.ran, ProposalState.finished, "that it ran"),
        (Ended.did_not_run, ProposalState.failed, "that it did not run"),
    ],
)
async def test_a_person_settles_what_the_record_cannot_tell(
    store: Store, ended: Ended, stands: ProposalState, said: str
) -> None:
    """Proposal and execution agree, the reason and who gave it are kept, and no outcome is made up."""
    run = await _lost(store)

    settled = await store.settling.settle(run.proposal.id, LEAD, ended, "generation 5, password=hunter2")

    record = await store.proposals.get(run.proposal.id)
    assert record is not None
    assert record.execution is not None
    assert (settled.accepted, settled.state, record.state, record.execution.state) == (True, stands, stands, stands)
    assert record.execution.outcome is None
    assert said in record.why
    assert LEAD.id in record.why
    assert "hunter2" not in record.why
    row = (await store.audit.about(run.proposal.id))[-1]
    assert (row.who, row.what, row.result, row.details) == (str(LEAD), "settled", stands, {"ended": ended})
    assert (await store.verify_audit()).whole


async def test_of_two_people_who_settle_at_once_one_counts(store: Store) -> None:
    """The other hears how it stands, and the audit keeps the attempt."""
    run = await _lost(store)

    said = await asyncio.gather(
        store.settling.settle(run.proposal.id, LEAD, Ended.ran, "seen"),
        store.settling.settle(run.proposal.id, SECOND, Ended.did_not_run, "not seen"),
    )

    assert sorted(one.accepted for one in said) == [False, True]
    assert len({one.state for one in said}) == 1
    assert "only a run whose end is unknown" in next(one.why for one in said if not one.accepted)
    assert [row.what for row in await store.audit.about(run.proposal.id)][-2:] == ["settled", "refused"]


async def test_only_an_unknown_end_can_be_settled(store: Store) -> None:
    """Not what waits, what runs or what has an outcome; and not what is not there."""
    waiting, _ = await approved(store)
    running, done = await claimed(store), await claimed(store)
    await store.claims.started(done)
    await store.claims.finish(done, outcome())

    for proposal_id, state in (
        (waiting, ProposalState.approved),
        (running.proposal.id, ProposalState.claimed),
        (done.proposal.id, ProposalState.finished),
        ("p-nowhere", None),
    ):
        said = await store.settling.settle(proposal_id, LEAD, Ended.did_not_run, "because")
        record = await store.proposals.get(proposal_id)

        assert (said.accepted, said.state) == (False, state)
        assert (record.state if record else None) == state


async def test_what_is_settled_never_runs_and_a_late_report_changes_nothing(store: Store) -> None:
    """Its approval stays spent, and the executor that comes back is only written down."""
    run = await _lost(store)
    await store.settling.settle(run.proposal.id, LEAD, Ended.did_not_run, "nothing changed")

    late = await store.claims.finish(run, outcome())

    assert late is ProposalState.failed
    assert (await store.audit.about(run.proposal.id))[-1].what == "finished-too-late"
    assert await store.claims.claimable("c1") == ()
    assert await store.claims.claim(run.proposal.id, run.digest, "w2", 30) is None
