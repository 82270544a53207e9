"""What becomes of a claim: started, renewed, finished; or its worker is gone and nobody can say."""

from sqlalchemy import ColumnElement, and_, select, update

from domain.errors import NotAllowed
from domain.proposals import Execution, Outcome, ProposalState
from store.clock import DB_CLOCK, SECOND
from store.database import Database
from store.ledger.audit import Audit
from store.ledger.claimed import ClaimedExecution
from store.ledger.records import execution_of, outcome_as_json
from store.ledger.states import RUNNING, move
from store.schema import execution, proposal

_LOST = "its worker was lost: whether it ran, and how far, cannot be told from the record"


class Executions:
    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def started(self, claimed: ClaimedExecution) -> None:
        """Written before the first byte runs; NotAllowed when the claim is no longer this worker's."""
        async with self._database.begin() as tx:
            await tx.in_order()
            changed = await tx.execute(
                update(execution)
                .where(_held(claimed), execution.c.state == ProposalState.claimed, execution.c.lease_until > DB_CLOCK)
                .values(state=ProposalState.started.value, started_at=DB_CLOCK)
            )
            if changed.rowcount != 1:
                raise NotAllowed(f"The claim on {claimed.proposal.id} has run out; it is not started.")
            await move(tx, claimed.proposal.id, ProposalState.started)
            await self._audit.append(
                tx,
                f"executor:{claimed.worker}",
                "started",
                claimed.proposal.id,
                result=ProposalState.started,
                details={"execution": claimed.execution},
            )

    async def renew(self, claimed: ClaimedExecution, lease_seconds: float | None = None) -> bool:
        """Say that the worker is alive; False when the lease is gone and the record already counts it as unknown."""
        longer = int((lease_seconds or claimed.lease_seconds) * SECOND)
        async with self._database.begin() as tx:
            changed = await tx.execute(
                update(execution)
                .where(_held(claimed), execution.c.state.in_(RUNNING), execution.c.lease_until > DB_CLOCK)
                .values(lease_until=DB_CLOCK + longer)
            )
            return changed.rowcount == 1

    async def finish(self, claimed: ClaimedExecution, outcome: Outcome) -> ProposalState:
        """Keep what came of it; how the proposal stands now.

        A worker that was given up in the meantime changes nothing any more: its report is kept in the audit, and
        the execution stays `unknown` for a person to decide.
        """
        state = state_of(outcome)
        who = f"executor:{claimed.worker}"
        async with self._database.begin() as tx:
            await tx.in_order()
            changed = await tx.execute(
                update(execution)
                .where(_held(claimed), execution.c.state.in_(RUNNING))
                .values(state=state.value, finished_at=DB_CLOCK, outcome=outcome_as_json(outcome))
            )
            if changed.rowcount == 1:
                await move(tx, claimed.proposal.id, state, why=outcome.why)
            else:
                stands = select(execution.c.state).where(execution.c.id == claimed.execution)
                state = ProposalState((await tx.execute(stands)).scalar_one())
            await self._audit.append(
                tx,
                who,
                "finished" if changed.rowcount == 1 else "finished-too-late",
                claimed.proposal.id,
                why=outcome.why,
                result=state,
                details={
                    "execution": claimed.execution,
                    "exit_code": outcome.exit_code,
                    "verified": outcome.verified,
                    "truncated": outcome.truncated,
                    "took_seconds": round(outcome.took_seconds, 3),
                },
            )
        return state

    async def orphans(self) -> tuple[Execution, ...]:
        """Executions whose worker stopped renewing, from now on `unknown`. They are returned once, to be announced;
        none is ever run again."""
        async with self._database.begin() as tx:
            await tx.in_order()
            lost = and_(execution.c.state.in_(RUNNING), execution.c.lease_until <= DB_CLOCK)
            rows = await tx.execute(
                update(execution).where(lost).values(state=ProposalState.unknown.value).returning(*execution.c)
            )
            found = tuple(execution_of(row) for row in rows.mappings())
            for orphan in found:
                await move(tx, orphan.proposal, ProposalState.unknown, proposal.c.state.in_(RUNNING), why=_LOST)
                await self._audit.append(
                    tx,
                    "hilda",
                    "lost",
                    orphan.proposal,
                    why=_LOST,
                    result=ProposalState.unknown,
                    details={"execution": orphan.id, "worker": orphan.worker},
                )
        return found


def state_of(outcome: Outcome) -> ProposalState:
    """`unknown` without an exit code; `failed` where it failed or is known not to have helped; else `finished`."""
    if outcome.exit_code is None:
        return ProposalState.unknown
    if outcome.exit_code != 0 or outcome.verified is False:
        return ProposalState.failed
    return ProposalState.finished


def _held(claimed: ClaimedExecution) -> ColumnElement[bool]:
    return and_(execution.c.id == claimed.execution, execution.c.token == claimed.token)
