"""How an execution ended that nobody can tell from the record: a person says so, once, with a reason."""

from dataclasses import dataclass

from sqlalchemy import update

from domain.people import Person
from domain.proposals import Ended, ProposalState
from policy.redaction import redact
from store.database import Database
from store.ledger.audit import Audit
from store.ledger.states import lock, move
from store.schema import execution, proposal

_SAYS = {Ended.ran: "that it ran", Ended.did_not_run: "that it did not run"}
_STATE = {Ended.ran: ProposalState.finished, Ended.did_not_run: ProposalState.failed}


@dataclass(frozen=True, slots=True)
class Settled:
    accepted: bool
    state: ProposalState | None
    """How the proposal stands now; None when there is no such proposal."""
    why: str


class Settling:
    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def settle(self, proposal_id: str, person: Person, ended: Ended, why: str) -> Settled:
        """Only what is `unknown`, and only once. Nothing runs because of it, and no outcome is made up."""
        told = f"{person.id} says {_SAYS[ended]}: {redact(why)}"
        async with self._database.begin() as tx:
            row = await lock(tx, proposal_id)
            if row is None:
                refused = Settled(False, None, "There is no such proposal.")
            elif row["state_now"] != ProposalState.unknown:
                state = ProposalState(row["state_now"])
                refused = Settled(False, state, f"It is {state}; only a run whose end is unknown can be settled.")
            else:
                await move(tx, proposal_id, _STATE[ended], proposal.c.state == ProposalState.unknown, why=told)
                settled = update(execution).where(
                    execution.c.proposal == proposal_id, execution.c.state == ProposalState.unknown
                )
                await tx.execute(settled.values(state=_STATE[ended].value))
                await self._audit.append(
                    tx, str(person), "settled", proposal_id, why=why, result=_STATE[ended], details={"ended": ended}
                )
                return Settled(True, _STATE[ended], told)
            await self._audit.append(
                tx,
                str(person),
                "refused",
                proposal_id,
                why=refused.why,
                result=refused.state or "absent",
                details={"tried": "settle"},
            )
            return refused
