"""Tells everyone concerned how a proposal goes on: journal rows while it runs, one job when it is over.

The job's key is the proposal, so telling twice tells once; what a crash kept from being told is told by whoever
looks next.
"""

from datetime import datetime, timedelta

from domain import job_kinds
from domain.plain_json import Json
from domain.proposals import ProposalState
from store.ledger.records import ProposalRecord
from store.record import Store

_TOLD_WITHIN = timedelta(hours=2)
_OVER = (ProposalState.finished, ProposalState.failed, ProposalState.unknown, ProposalState.stale)

_SAID_AS = frozenset({ProposalState.unknown, ProposalState.stale})


class Announcements:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def tell(self, proposal_id: str, event: str, payload: Json | None = None) -> None:
        """A row for those who follow along."""
        await self._store.journal.append(f"proposal:{proposal_id}", event, payload or {})

    async def over(self, record: ProposalRecord) -> bool:
        """It will not go on by itself: the conversation takes it up again. Whether this was the first to say so."""
        proposal = record.proposal
        async with self._store.database.begin() as tx:
            resume = {"proposal": proposal.id, "state": record.state.value, "zone": "UTC"}
            first = await self._store.jobs.put(
                f"resume:{proposal.id}", job_kinds.resume(proposal.cluster), resume, proposal.conversation, tx=tx
            )
            if first is not None:
                event = record.state.value if record.state in _SAID_AS else "finished"
                await self._store.journal.append(f"proposal:{proposal.id}", event, _in_short(record), tx=tx)
        return first is not None

    async def untold(self, cluster: str, now: datetime) -> list[ProposalRecord]:
        """What ended lately on this cluster; `over` tells the part of it that nobody has told yet."""
        found: list[ProposalRecord] = []
        for state in _OVER:
            found += await self._store.proposals.list(state, cluster=cluster)
        return [record for record in found if now - _last_heard(record) < _TOLD_WITHIN]


def _in_short(record: ProposalRecord) -> Json:
    """The end as the journal tells it, whoever tells it."""
    told: Json = {"state": record.state.value, "why": record.why}
    outcome = record.execution.outcome if record.execution else None
    if outcome is not None:
        seconds = round(outcome.took_seconds, 1)
        told |= {"exit_code": outcome.exit_code, "verified": outcome.verified, "took_seconds": seconds}
    return told


def _last_heard(record: ProposalRecord) -> datetime:
    execution = record.execution
    if execution is None:
        return record.proposal.created_at
    return execution.finished_at or execution.claimed_at
