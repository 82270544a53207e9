"""May this person decide this proposal? As far as it can be told before they press; the record judges the press."""

from dataclasses import dataclass

from domain.people import Person, Role
from policy.consent import consent
from policy.roles import Act, may, may_approve, may_reject
from store.ledger.records import ProposalRecord
from store.record import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a proposal that waits for a decision."""

    role: Role
    asked: bool
    """Whether they asked for it, with this account or another of theirs."""
    decided: bool
    """Whether they said yes before."""
    approves: bool
    """Whether a yes of theirs would count."""
    takes_back: bool
    """Whether they may end it."""
    edits: bool


async def standing(store: Store, record: ProposalRecord, person: Person, role: Role) -> Standing:
    """All accounts of one human being count as one; NotAllowed where the record of them was forged."""
    proposal = record.proposal
    human = await store.identities.human_of(person)
    asked = human == await store.identities.human_of(proposal.requester)
    decided = human in [await store.identities.human_of(decision.person) for decision in record.decisions]
    own = asked and consent(proposal.risk).not_the_requester
    return Standing(
        role=role,
        asked=asked,
        decided=decided,
        approves=may_approve(role, proposal.risk) and not own and not decided,
        takes_back=may_reject(role, own=person == proposal.requester),
        edits=may(role, Act.propose),
    )
