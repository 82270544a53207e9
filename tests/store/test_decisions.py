"""Who may count, how often, and that a no is final."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.people import Person, Role
from domain.proposals import ProposalState
from store.ledger.decisions import Verdict
from store.record import Store
from tests.store.making import ASKER, LEAD, SECOND, Needs, approved, claimed, decide, proposal

THIRD = Person("teams", "T9", "U-third")


async def test_another_person_approves(store: Store) -> None:
    """One approval by somebody else is what medium risk asks for; the audit says who and why."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, LEAD, reason="looks right")

    record = await store.proposals.get(put.id)
    assert record is not None
    assert (result.state, result.accepted, result.approvals) == (ProposalState.approved, True, 1)
    assert [(one.person, one.verdict, one.reason) for one in record.decisions] == [(LEAD, "approve", "looks right")]
    assert [(row.who, row.what) for row in await store.audit.about(put.id)][1:] == [(str(LEAD), "approved")]


async def test_nobody_approves_their_own_request(store: Store) -> None:
    """The requester's approval is refused with the reason, and the attempt is on record."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, ASKER)

    assert (result.accepted, result.state) == (False, ProposalState.proposed)
    assert "somebody else has to approve" in result.why
    assert (await store.audit.about(put.id))[-1].what == "refused"


async def test_nobody_approves_their_own_request_from_another_account(store: Store) -> None:
    """Accounts linked to one human are one person, whatever platform the click came from."""
    await store.identities.bind(ASKER, Role.operator, "admin", human="dana")
    await store.identities.bind(LEAD, Role.operator, "admin", human="dana")
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, LEAD)

    assert (result.accepted, result.state) == (False, ProposalState.proposed)


async def test_where_policy_lets_the_asker_approve_they_may(store: Store) -> None:
    """Low risk: one approval, and it may be the asker's own."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, ASKER, needs=Needs(1, not_the_requester=False))

    assert result.state is ProposalState.approved


async def test_two_of_n_are_two_people(store: Store) -> None:
    """With two approvers needed the first leaves it open, the second settles it."""
    put = await store.proposals.propose(proposal())
    two = Needs(2)

    first = await decide(store, put.id, LEAD, needs=two)
    second = await decide(store, put.id, SECOND, needs=two)

    assert (first.state, first.approvals, first.needed) == (ProposalState.proposed, 1, 2)
    assert (second.state, second.approvals) == (ProposalState.approved, 2)


async def test_one_person_with_two_accounts_counts_once(store: Store) -> None:
    """The second account's click is refused and names the first."""
    for account in (LEAD, THIRD):
        await store.identities.bind(account, Role.admin, "admin", human="lee")
    put = await store.proposals.propose(proposal())
    await decide(store, put.id, LEAD, needs=Needs(2))

    again = await decide(store, put.id, THIRD, needs=Needs(2))

    assert (again.accepted, again.state) == (False, ProposalState.proposed)
    assert str(LEAD) in again.why


async def test_accounts_linked_later_count_once_at_the_claim(store: Store) -> None:
    """Two approvals that turn out to be one person's are one when it comes to running."""
    put = await store.proposals.propose(proposal())
    for account in (LEAD, THIRD):
        await decide(store, put.id, account, needs=Needs(2))
    for account in (LEAD, THIRD):
        await store.identities.bind(account, Role.admin, "admin", human="lee")

    run = await store.claims.claim(put.id, put.digest, "w1", 30)

    assert run is None
    assert "1 of 2 signed approvals" in (await store.audit.about(put.id))[-1].why


async def test_deciding_twice_is_refused(store: Store) -> None:
    """A double click counts once, and says so."""
    put = await store.proposals.propose(proposal())
    await decide(store, put.id, LEAD, needs=Needs(2))

    again = await decide(store, put.id, LEAD, needs=Needs(2))

    assert (again.accepted, again.approvals) == (False, 0)
    assert "decided already (approve)" in again.why


@pytest.mark.parametrize("before", ["proposed", "approved"])
async def test_a_no_is_final(store: Store, before: str) -> None:
    """A rejection ends it, from `approved` too; a later yes and a claim are refused."""
    put = await store.proposals.propose(proposal())
    if before == "approved":
        await decide(store, put.id, LEAD)

    no = await decide(store, put.id, SECOND, "reject", reason="wrong revision")
    yes = await decide(store, put.id, THIRD)

    assert no.state is ProposalState.rejected
    assert (yes.accepted, yes.why) == (False, "It is already rejected.")
    assert await store.claims.claim(put.id, put.digest, "w1", 30) is None


async def test_the_asker_may_always_reject_their_own_request(store: Store) -> None:
    """Taking back what one asked for needs nobody else."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, ASKER, "reject")

    assert (result.accepted, result.state) == (True, ProposalState.rejected)


async def test_a_no_after_ones_own_yes_ends_it(store: Store) -> None:
    """Whoever approved and then presses Reject is heard: nothing runs."""
    put_id, digest = await approved(store)

    result = await decide(store, put_id, LEAD, "reject", reason="I misread it")

    assert (result.accepted, result.state) == (True, ProposalState.revoked)
    assert await store.claims.claim(put_id, digest, "w1", 30) is None


@pytest.mark.parametrize("prefix", ["", "0", "f" * 12, "not-hex-at-all"])
async def test_a_button_of_another_version_is_refused(store: Store, prefix: str) -> None:
    """Too short or foreign digest prefixes decide nothing."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, LEAD, prefix=prefix)

    assert (result.accepted, result.state) == (False, ProposalState.proposed)
    assert (await store.audit.about(put.id))[-1].what == "refused"


async def test_eleven_digits_of_the_right_digest_are_too_few(store: Store) -> None:
    """A prefix that anybody could guess does not stand for having seen the bytes."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, LEAD, prefix=put.digest[:11])

    assert not result.accepted


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_what_expired_cannot_be_decided(store: Store, verdict: Verdict) -> None:
    """After its time there is nothing to say yes or no to, and the row now says so."""
    put = await store.proposals.propose(proposal(expires_at=datetime.now(UTC) - timedelta(milliseconds=5)))

    result = await decide(store, put.id, LEAD, verdict)

    assert (result.accepted, result.state) == (False, ProposalState.expired)
    assert "Its time has passed" in result.why


async def test_what_runs_cannot_be_decided(store: Store) -> None:
    """After the claim a rejection is too late, and the person hears that it runs."""
    run = await claimed(store)

    result = await decide(store, run.proposal.id, SECOND, "reject")

    assert (result.accepted, result.why) == (False, "It is already claimed.")


async def test_a_proposal_that_does_not_exist_is_refused_and_audited(store: Store) -> None:
    """A forged card has no valid id; the attempt is kept."""
    result = await decide(store, "p-forged", LEAD)

    assert (result.accepted, result.state) == (False, None)
    assert [row.what for row in await store.audit.about("p-forged")] == ["refused"]


async def test_what_may_never_run_cannot_be_approved(store: Store) -> None:
    """Forbidden commands are for copying; no number of approvals changes that."""
    put = await store.proposals.propose(proposal())

    result = await decide(store, put.id, LEAD, needs=Needs(1, may_run=False))

    assert (result.accepted, result.state) == (False, ProposalState.proposed)


async def test_an_attempt_that_policy_stopped_is_kept_too(store: Store) -> None:
    """A door can put a refusal on record without a decision."""
    put = await store.proposals.propose(proposal())

    await store.decisions.refuse(put.id, THIRD, "a viewer may not approve", tried="approve")

    row = (await store.audit.about(put.id))[-1]
    assert (row.who, row.what, row.why) == (str(THIRD), "refused", "a viewer may not approve")


async def test_secrets_in_reasons_are_not_kept(store: Store) -> None:
    """What people paste as a reason is redacted in the decision, in the proposal's row and in the audit."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    put = await store.proposals.propose(proposal())
    await decide(store, put.id, LEAD, reason=f"tested with {secret}")
    await store.proposals.revoke(put.id, ASKER, f"no, {secret} is wrong")

    kept = f"{await store.proposals.get(put.id)} {await store.audit.about(put.id)}"

    assert secret not in kept
    assert "tested with" in kept
