"""A proposal is put down once and never changed; people are not asked twice for the same thing, nor too often."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.errors import HildaError, NotAllowed
from domain.proposals import Precondition, ProposalState, digest
from domain.scripts import Script
from store.ledger.proposals import RequestLimit
from store.record import Store
from tests.store.making import ASKER, LEAD, approved, claimed, decide, outcome, proposal


async def test_what_was_proposed_is_what_is_read(store: Store) -> None:
    """Every field comes back, the digest is the domain's, and the audit has a row from the same transaction."""
    wanted = proposal()

    put = await store.proposals.propose(wanted)

    record = await store.proposals.get(wanted.id)
    assert record is not None
    assert record.proposal == wanted
    assert put.digest == record.digest == digest(wanted)
    assert record.state is ProposalState.proposed
    (row,) = await store.audit.about(wanted.id)
    assert (row.what, row.who, row.details["digest"]) == ("proposed", str(ASKER), put.digest)


async def test_an_unknown_proposal_is_nothing(store: Store) -> None:
    """Asking for an id that was never used gives None, not an error."""
    assert await store.proposals.get("p-nowhere") is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE proposal SET canonical = canonical || canonical",
        "UPDATE proposal SET expires_at = expires_at + 1",
        "UPDATE proposal SET digest = 'x'",
        "DELETE FROM proposal",
    ],
)
async def test_the_database_refuses_to_change_a_proposal(store: Store, statement: str) -> None:
    """The bytes, the digest and the deadline are frozen; only the state moves."""
    await store.proposals.propose(proposal())

    with pytest.raises((DBAPIError, HildaError), match="never"):
        async with store.database.begin() as tx:
            await tx.execute(text(statement))


async def test_an_equal_open_proposal_is_not_asked_for_twice(store: Store) -> None:
    """The same script, place and person get the proposal that is open already, also when both ask at once."""
    first = proposal()
    again = [proposal(script=first.script) for _ in range(4)]

    put = await asyncio.gather(*(store.proposals.propose(wanted) for wanted in (first, *again)))

    assert len({found.id for found in put}) == 1
    assert sorted(found.already_open for found in put) == [False, True, True, True, True]
    assert len(await store.proposals.list()) == 1


async def test_an_equal_proposal_by_somebody_else_is_another_one(store: Store) -> None:
    """Two people who want the same thing are two requesters; four eyes count for each."""
    first = proposal()
    await store.proposals.propose(first)

    other = await store.proposals.propose(proposal(script=first.script, requester=LEAD))

    assert not other.already_open


async def test_a_finished_proposal_may_be_asked_for_again(store: Store) -> None:
    """Deduplication is about open requests: what is over does not stand in the way."""
    run = await claimed(store)
    await store.claims.finish(run, outcome())

    again = await store.proposals.propose(proposal(script=run.proposal.script))

    assert not again.already_open


@pytest.mark.parametrize(
    "different",
    [
        {"preconditions": (Precondition("apps/v1", "Deployment", "shop", "web", "u-1", "generation:5"),)},
        {"dry_run_digest": "d2"},
        {"policy_version": "2"},
    ],
)
async def test_a_proposal_that_the_cluster_has_outrun_makes_way(store: Store, different: dict[str, object]) -> None:
    """Asking again after something changed voids the old request, even an approved one, and asks afresh."""
    old, _ = await approved(store)
    record = await store.proposals.get(old)
    assert record is not None

    new = await store.proposals.propose(proposal(script=record.proposal.script, **different))

    outrun = await store.proposals.get(old)
    assert outrun is not None
    assert (new.already_open, outrun.state) == (False, ProposalState.stale)
    assert new.id in outrun.why


async def test_an_expired_twin_makes_way(store: Store) -> None:
    """What nobody decided in time is expired, whether or not anyone swept it up, and can be asked for again."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    old = proposal(expires_at=past)
    await store.proposals.propose(old)

    new = await store.proposals.propose(proposal(script=old.script))

    record = await store.proposals.get(old.id)
    assert record is not None
    assert (record.state, new.already_open) == (ProposalState.expired, False)


async def test_a_conversation_cannot_ask_too_often(store: Store) -> None:
    """Past the limit the request is refused with the reason and audited; another conversation is not hindered."""
    limit = RequestLimit(most=3, seconds=600)
    for _ in range(3):
        await store.proposals.propose(proposal(conversation="slack:loud"), limit)
    late = proposal(conversation="slack:loud")

    with pytest.raises(NotAllowed, match="3 approvals within 10 minutes"):
        await store.proposals.propose(late, limit)

    assert await store.proposals.get(late.id) is None
    assert [row.what for row in await store.audit.about(late.id)] == ["refused"]
    await store.proposals.propose(proposal(conversation="slack:quiet"), limit)


async def test_an_id_is_used_once(store: Store) -> None:
    """A second proposal of the same id is refused: the first one's bytes stay."""
    first = proposal()
    await store.proposals.propose(first)

    with pytest.raises(NotAllowed, match="exists already"):
        await store.proposals.propose(proposal(id=first.id, script=Script("other", "", "")))

    record = await store.proposals.get(first.id)
    assert record is not None
    assert record.proposal == first


async def test_proposals_are_listed_by_what_they_are_now(store: Store) -> None:
    """A list by state goes by the database's clock: an overdue one is expired, not proposed."""
    fresh = await store.proposals.propose(proposal())
    await store.proposals.propose(proposal(id="late", expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    ready, _ = await approved(store, cluster="c2")

    by_state = {
        state: [record.proposal.id for record in await store.proposals.list(state)]
        for state in (ProposalState.proposed, ProposalState.expired, ProposalState.approved)
    }

    assert by_state == {
        ProposalState.proposed: [fresh.id],
        ProposalState.expired: ["late"],
        ProposalState.approved: [ready],
    }
    assert [record.proposal.id for record in await store.proposals.list(cluster="c2")] == [ready]


async def test_the_overdue_are_swept_up_once(store: Store) -> None:
    """`expire` names each overdue proposal once, so that its card can say so once."""
    await store.proposals.propose(proposal(id="late", expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    await store.proposals.propose(proposal())

    swept = [await store.proposals.expire(), await store.proposals.expire()]

    assert swept == [("late",), ()]
    assert [row.what for row in await store.audit.about("late")] == ["proposed", "expired"]


async def test_a_request_can_be_revoked_until_the_claim(store: Store) -> None:
    """Before the claim a revocation ends it; after the claim it is refused, and both are audited."""
    early, digest_of_early = await approved(store)
    late = await claimed(store)

    revoked = await store.proposals.revoke(early, ASKER, "not needed any more")
    too_late = await store.proposals.revoke(late.proposal.id, ASKER, "wait")

    assert (revoked, too_late) == (True, False)
    assert await store.claims.claim(early, digest_of_early, "w1", 30) is None
    assert [row.what for row in await store.audit.about(early)] == ["proposed", "approved", "revoked", "refused"]
    assert (await store.audit.about(late.proposal.id))[-1].what == "refused"


async def test_a_stale_proposal_cannot_be_decided_or_claimed(store: Store) -> None:
    """When the cluster has changed, neither a button nor a worker brings it back."""
    put = await store.proposals.propose(proposal())

    assert await store.proposals.mark_stale(put.id, "the deployment was changed")

    result = await decide(store, put.id)
    assert (result.accepted, result.why) == (False, "It is already stale.")
    assert await store.claims.claim(put.id, put.digest, "w1", 30) is None
    assert not await store.proposals.mark_stale(put.id, "again")
