"""How a proposal's state moves: always one conditional UPDATE, judged by the database's clock."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, select, update

from domain.proposals import ProposalState
from store.clock import DB_CLOCK
from store.database import Transaction
from store.schema import proposal

UNDECIDED = (ProposalState.proposed, ProposalState.approved)
"""States that a denial, a revocation, an expiry or a change in the cluster still ends."""
RUNNING = (ProposalState.claimed, ProposalState.started)

expired_now: ColumnElement[bool] = and_(proposal.c.state.in_(UNDECIDED), proposal.c.expires_at <= DB_CLOCK)

state_now = case((expired_now, ProposalState.expired.value), else_=proposal.c.state)
"""The state that counts: an undecided proposal past its time is expired, whether or not anyone swept it up."""


async def lock(tx: Transaction, proposal_id: str) -> Any | None:
    """The row with its `state_now`, held until the transaction ends so that deciders come one after the other."""
    # Whoever writes to the ledger takes this lock first, so that no two wait for each other.
    await tx.in_order()
    wanted = select(proposal, state_now.label("state_now")).where(proposal.c.id == proposal_id)
    return (await tx.execute(wanted.with_for_update())).mappings().first()


async def move(
    tx: Transaction, proposal_id: str, to: ProposalState, *conditions: ColumnElement[bool], **values: Any
) -> bool:
    """Put one proposal into a state if the conditions hold right now; whether they did."""
    changed = await tx.execute(
        update(proposal)
        .where(proposal.c.id == proposal_id, *conditions)
        .values(state=to.value, state_at=DB_CLOCK, **values)
    )
    return changed.rowcount == 1


def undecided() -> ColumnElement[bool]:
    return proposal.c.state.in_(UNDECIDED)


def in_time() -> ColumnElement[bool]:
    return proposal.c.expires_at > DB_CLOCK
