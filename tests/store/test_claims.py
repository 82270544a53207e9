"""An approval is spent once, only while everything about it holds, and never without a trace."""

import asyncio
import hashlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from domain.errors import NotAllowed
from domain.people import Role
from domain.proposals import CommandRequests, Identity, Outcome, Proposal, ProposalState, canonical
from domain.risk import Risk
from domain.scripts import ApiRequest, Expectation, Script
from store import schema
from store.ledger.claimed import ClaimedExecution
from store.record import Store
from tests.store.making import ASKER, LEAD, SECOND, Needs, approved, claimed, decide, out_of_lease, outcome, proposal


async def _sql(store: Store, *statements: str) -> None:
    async with store.database.begin() as tx:
        for statement in statements:
            await tx.execute(text(statement))


async def _without_guards(store: Store, table: str, *statements: str) -> None:
    """What somebody who owns the database can do."""
    if store.database.address.file:
        async with store.database.read() as tx:
            names = await tx.execute(
                text(f"SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='{table}'")
            )
            guards = [f"DROP TRIGGER {name}" for name in names.scalars()]
    else:
        guards = [f"ALTER TABLE {table} DISABLE TRIGGER ALL"]
    await _sql(store, *guards, *statements)


async def _state(store: Store, proposal_id: str) -> ProposalState:
    record = await store.proposals.get(proposal_id)
    assert record is not None
    return record.state


async def test_an_approved_proposal_is_claimed_once(store: Store) -> None:
    """The first worker gets the exact proposal, the second nothing; the audit row was there before anything ran."""
    put_id, digest = await approved(store)

    first = await store.claims.claim(put_id, digest, "w1", 30)
    second = await store.claims.claim(put_id, digest, "w2", 30)

    record = await store.proposals.get(put_id)
    assert record is not None
    assert first is not None
    assert (first.proposal, first.digest, second) == (record.proposal, digest, None)
    assert record.execution is not None
    assert (record.execution.worker, record.execution.state) == ("w1", ProposalState.claimed)
    assert [(row.who, row.what) for row in await store.audit.about(put_id)][-1] == ("executor:w1", "claimed")


async def test_only_the_claim_makes_what_the_sandbox_takes() -> None:
    """A ClaimedExecution cannot be put together by hand."""
    with pytest.raises(TypeError, match="made by the claim alone"):
        ClaimedExecution("x1", proposal(), "d", "w1", "t", datetime.now(UTC), 30)


def test_only_the_claim_calls_what_makes_it() -> None:
    """`seal_claim` is named in its own file and in the claim's, nowhere else in the product."""
    root = Path(__file__).parents[2]
    product = [file for part in _PRODUCT for file in (root / part).rglob("*.py")]

    callers = {str(file.relative_to(root)) for file in product if "seal_claim" in file.read_text()}

    assert callers == {"store/ledger/claimed.py", "store/ledger/claims.py"}


_PRODUCT = ("bot", "graphs", "hands", "tools", "store", "runbooks", "prompts", "policy", "domain", "practice")


async def test_what_nobody_approved_is_not_claimed(store: Store) -> None:
    """A proposal without an approval is not offered to workers and not given to one that asks."""
    put = await store.proposals.propose(proposal())

    assert await store.claims.claimable("c1") == ()
    assert await store.claims.claim(put.id, put.digest, "w1", 30) is None
    assert (await store.audit.about(put.id))[-1].why == "it is proposed"


async def test_workers_see_what_is_theirs(store: Store) -> None:
    """Approved work for this cluster, oldest first; not another cluster's, not what is claimed."""
    first, _ = await approved(store)
    second, _ = await approved(store)
    await approved(store, cluster="c2")
    await claimed(store)

    assert await store.claims.claimable("c1") == (first, second)


async def test_an_approval_that_ran_out_is_not_claimed(store: Store) -> None:
    """The database's clock decides at the claim, and no sweeper is needed."""
    put_id, digest = await approved(store, expires_at=datetime.now(UTC) + timedelta(seconds=3))
    await asyncio.sleep(3.1)

    assert await store.claims.claimable("c1") == ()
    assert await store.claims.claim(put_id, digest, "w1", 30) is None
    assert (await store.audit.about(put_id))[-1].why == "it is expired"


async def test_another_digest_is_not_claimed(store: Store) -> None:
    """Whoever asks for other bytes than the stored ones gets nothing; the approval stays good for those it was for."""
    put_id, digest = await approved(store)

    other = await store.claims.claim(put_id, "f" * 64, "w1", 30)
    right = await store.claims.claim(put_id, digest, "w1", 30)

    refused = [row.why for row in await store.audit.about(put_id) if row.what == "refused"]
    assert (other, refused) == (None, ["another digest was asked for than the approved one"])
    assert right is not None


async def test_the_stop_switch_stops_every_claim(store: Store) -> None:
    """While it is set nothing is offered or claimed; after its release the approval is still good."""
    put_id, digest = await approved(store)
    await store.stop_switch.set(LEAD, "something is odd")
    during = (await store.claims.claimable("c1"), await store.claims.claim(put_id, digest, "w1", 30))
    stopped = await store.stop_switch.stopped()
    await store.stop_switch.release(SECOND, "all clear")

    after = await store.claims.claim(put_id, digest, "w1", 30)

    assert during == ((), None)
    assert stopped is not None
    assert (stopped.by, stopped.why) == (str(LEAD), "something is odd")
    assert after is not None
    assert [row.what for row in await store.audit.about("stop")] == ["stopped", "released"]
    assert "the stop switch is set" in [row.why for row in await store.audit.about(put_id)]


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE decision SET human = 'two-people'",
        "UPDATE decision SET approvers = 1",
        "UPDATE decision SET person = 'slack:T1:U-second'",
        "UPDATE decision SET not_the_requester = FALSE",
        "UPDATE decision SET role = 4",
        "UPDATE decision SET digest = 'other'",
        "DELETE FROM decision",
    ],
)
async def test_a_forged_decision_is_not_claimed(store: Store, forgery: str) -> None:
    """Writing to the database alone makes no approval: the signatures are checked at the claim."""
    put = await store.proposals.propose(proposal())
    await decide(store, put.id, LEAD, needs=Needs(2))
    await _without_guards(store, "decision", forgery, "UPDATE proposal SET state = 'approved'")

    run = await store.claims.claim(put.id, put.digest, "w1", 30)

    assert run is None
    assert await _state(store, put.id) is ProposalState.stale
    row = (await store.audit.about(put.id))[-1]
    assert row.what == "claim-refused"
    assert "signature" in row.why or forgery.startswith("DELETE")


async def test_a_state_set_by_hand_is_not_claimed(store: Store) -> None:
    """`approved` in a column is no approval."""
    put = await store.proposals.propose(proposal())
    await _sql(store, "UPDATE proposal SET state = 'approved'")

    assert await store.claims.claim(put.id, put.digest, "w1", 30) is None


_ANOTHER_VALUE: dict[str, Any] = {
    "title": "Something harmless",
    "script": Script("kubectl delete namespace shop\n", "", ""),
    "interpreter": "/bin/sh",
    "environment": (("PATH", "/tmp"),),
    "working_directory": "/",
    "cluster": "c2",
    "context": "production",
    "namespace": "kube-system",
    "identity": Identity(user="admin"),
    "sandbox": "none/1",
    "timeout_seconds": 999_999,
    "output_cap_bytes": 1,
    "requests": (CommandRequests("x", (ApiRequest("delete", "", "secrets", "shop", "x"),)),),
    "observed_namespaces": ("shop", "kube-system"),
    "preconditions": (),
    "dry_run_digest": "",
    "expectations": (Expectation("t", "up", ">", 0.0),),
    "policy_version": "0",
    "risk": Risk.low,
    "requester": LEAD,
    "author": "model",
    "incident": "i9",
    "conversation": "slack:elsewhere",
    "cause_key": "x|||",
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
    "expires_at": datetime(2099, 1, 1, tzinfo=UTC),
    "undo_of": "p0",
    "id": "p-other",
}


@pytest.mark.parametrize("with_its_digest", [False, True])
@pytest.mark.parametrize("name", [field.name for field in fields(Proposal)])
async def test_changed_bytes_are_not_claimed(store: Store, name: str, with_its_digest: bool) -> None:
    """Whichever field is changed behind the approval's back, also with the digest made to fit: nobody gets it."""
    put_id, _ = await approved(store)
    record = await store.proposals.get(put_id)
    assert record is not None
    forged = canonical(replace(record.proposal, **{name: _ANOTHER_VALUE[name]}))
    await _without_guards(store, "proposal")
    changed = {"canonical": forged}
    if with_its_digest:
        changed["digest"] = hashlib.sha256(forged).hexdigest()
    async with store.database.begin() as tx:
        await tx.execute(update(schema.proposal).values(changed))

    runs = [
        await store.claims.claim(put_id, asked_for, "w1", 30)
        for asked_for in (record.digest, hashlib.sha256(forged).hexdigest())
    ]

    assert runs == [None, None]


async def test_one_more_byte_is_not_claimed(store: Store) -> None:
    """The stored bytes themselves are hashed, not what they mean: a space that changes nothing is refused too."""
    put_id, digest = await approved(store)
    await _without_guards(store, "proposal")
    async with store.database.begin() as tx:
        stored = (await tx.execute(select(schema.proposal.c.canonical))).scalar_one()
        await tx.execute(update(schema.proposal).values(canonical=bytes(stored) + b" "))

    assert await store.claims.claim(put_id, digest, "w1", 30) is None
    assert "do not have the digest that was approved" in (await store.audit.about(put_id))[-1].why


@pytest.mark.parametrize("column", ["expires_at = expires_at + 3600000000", "cluster = 'c9'"])
async def test_a_changed_row_beside_the_bytes_is_not_claimed(store: Store, column: str) -> None:
    """A longer life or another cluster written into the row does not count: the bytes say otherwise."""
    put_id, digest = await approved(store)
    await _without_guards(store, "proposal", f"UPDATE proposal SET {column}")

    assert await store.claims.claim(put_id, digest, "w1", 30) is None


async def test_what_was_rejected_cannot_be_brought_back_in_the_database(store: Store) -> None:
    """Erasing a rejection from the tables leaves it in the audit, and the claim reads that."""
    put_id, digest = await approved(store)
    await decide(store, put_id, SECOND, "reject")
    await _without_guards(
        store,
        "decision",
        "DELETE FROM decision WHERE verdict = 'reject'",
        "UPDATE proposal SET state = 'approved', revoked_at = NULL",
    )

    assert await store.claims.claim(put_id, digest, "w1", 30) is None
    assert "rejected before" in (await store.audit.about(put_id))[-1].why


async def test_what_ran_cannot_be_run_again_from_the_database(store: Store) -> None:
    """Putting the state back and removing the execution does not make an approval unspent."""
    run = await claimed(store)
    await store.claims.finish(run, outcome())
    await _sql(store, "DELETE FROM execution", "UPDATE proposal SET state = 'approved'")

    assert await store.claims.claim(run.proposal.id, run.digest, "w1", 30) is None


async def test_a_forged_identity_counts_for_nobody(store: Store) -> None:
    """An account's link or role written by hand stops the claim that would rest on it."""
    await store.identities.bind(LEAD, Role.operator, "admin")
    put_id, digest = await approved(store)
    await _sql(store, "UPDATE identity SET human = 'someone-else'")

    assert await store.claims.claim(put_id, digest, "w1", 30) is None


async def test_no_audit_no_claim(store: Store) -> None:
    """When the audit row cannot be written, the claim did not happen and the approval is unspent."""
    put_id, digest = await approved(store)
    await _sql(store, "ALTER TABLE audit RENAME TO elsewhere")

    with pytest.raises(Exception, match="audit"):
        await store.claims.claim(put_id, digest, "w1", 30)

    await _sql(store, "ALTER TABLE elsewhere RENAME TO audit")
    assert await _state(store, put_id) is ProposalState.approved
    assert await store.claims.claim(put_id, digest, "w1", 30) is not None


@pytest.mark.parametrize(
    ("came", "stands"),
    [
        (outcome(0, verified=True), ProposalState.finished),
        (outcome(0, verified=None), ProposalState.finished),
        (outcome(0, verified=False), ProposalState.failed),
        (outcome(1, verified=None), ProposalState.failed),
        (outcome(None, verified=None), ProposalState.unknown),
    ],
)
async def test_an_outcome_is_kept(store: Store, came: Outcome, stands: ProposalState) -> None:
    """What came of it is read back whole, and decides how the proposal stands."""
    run = await claimed(store)
    await store.claims.started(run)

    state = await store.claims.finish(run, came)

    record = await store.proposals.get(run.proposal.id)
    assert record is not None
    assert record.execution is not None
    assert (state, record.state, record.execution.state) == (stands, stands, stands)
    assert record.execution.outcome == came
    assert record.execution.finished_at is not None
    assert [row.what for row in await store.audit.about(run.proposal.id)][2:] == ["claimed", "started", "finished"]


async def test_a_lost_worker_leaves_an_unknown_that_never_runs_again(store: Store) -> None:
    """When the lease is gone the execution is unknown, announced once, and no worker gets it."""
    run = await claimed(store)
    await store.claims.started(run)
    await out_of_lease(store, "execution")
    alive = await claimed(store)

    lost = [await store.claims.orphans(), await store.claims.orphans()]

    assert [[found.proposal for found in each] for each in lost] == [[run.proposal.id], []]
    assert await _state(store, run.proposal.id) is ProposalState.unknown
    assert await _state(store, alive.proposal.id) is ProposalState.claimed
    assert await store.claims.claimable("c1") == ()
    assert await store.claims.claim(run.proposal.id, run.digest, "w2", 30) is None


async def test_a_worker_that_was_given_up_changes_nothing(store: Store) -> None:
    """Its report is kept in the audit; whether to believe it is for a person."""
    run = await claimed(store)
    await store.claims.started(run)
    await out_of_lease(store, "execution")
    await store.claims.orphans()

    renewed = await store.claims.renew(run)
    state = await store.claims.finish(run, outcome())

    assert (renewed, state) == (False, ProposalState.unknown)
    assert (await store.audit.about(run.proposal.id))[-1].what == "finished-too-late"


async def test_a_claim_whose_lease_ran_out_is_not_started(store: Store) -> None:
    """A worker that slept through its lease may not begin."""
    run = await claimed(store)
    await out_of_lease(store, "execution")

    with pytest.raises(NotAllowed, match="run out"):
        await store.claims.started(run)


async def test_nothing_is_started_twice(store: Store) -> None:
    """The second start of the same claim is refused."""
    run = await claimed(store)
    await store.claims.started(run)

    with pytest.raises(NotAllowed):
        await store.claims.started(run)


async def test_a_renewed_lease_keeps_a_long_run_alive(store: Store) -> None:
    """A worker that renews is no orphan when its first lease is over; once the lease is gone, renewing is refused."""
    run = await claimed(store, lease_seconds=2)
    renewed = await store.claims.renew(run, 60)
    await asyncio.sleep(2.1)
    orphans = await store.claims.orphans()
    await out_of_lease(store, "execution")

    too_late = await store.claims.renew(run)

    assert (renewed, orphans, too_late) == (True, (), False)


async def test_a_denial_and_a_claim_at_the_same_moment_have_one_winner(store: Store) -> None:
    """Either it was rejected and nobody got it, or it was claimed and the rejection says that it came too late."""
    for _ in range(10):
        put_id, digest = await approved(store)

        run, no = await asyncio.gather(
            store.claims.claim(put_id, digest, "w1", 30), decide(store, put_id, SECOND, "reject")
        )

        assert (run is None) == no.accepted
        assert await _state(store, put_id) is (ProposalState.rejected if no.accepted else ProposalState.claimed)


async def test_the_asker_stays_out_of_four_eyes_also_when_linked_later(store: Store) -> None:
    """An approver who turns out to be the requester no longer counts at the claim."""
    put_id, digest = await approved(store)
    for account in (ASKER, LEAD):
        await store.identities.bind(account, Role.operator, "admin", human="dana")

    assert await store.claims.claim(put_id, digest, "w1", 30) is None
