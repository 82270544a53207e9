"""A proposal with everything that became of it, as readers outside the ledger see it."""

from dataclasses import asdict, dataclass
from typing import Any

from domain.people import Person
from domain.plain_json import Json
from domain.proposals import Decision, Execution, Outcome, Proposal, ProposalState, from_canonical
from store.clock import from_micros


@dataclass(frozen=True, slots=True)
class ProposalRecord:
    proposal: Proposal
    digest: str
    state: ProposalState
    """As of now by the database's clock: an undecided proposal past its time is `expired`."""
    decisions: tuple[Decision, ...] = ()
    execution: Execution | None = None
    why: str = ""
    """Why it is in that state, where somebody or something gave a reason."""


def proposal_of(row: Any) -> Proposal:
    return from_canonical(bytes(row["canonical"]))


def decision_of(row: Any) -> Decision:
    return Decision(
        proposal=row["proposal"],
        person=Person.parse(row["person"]),
        verdict=row["verdict"],
        reason=row["reason"],
        at=from_micros(row["at"]),
    )


def execution_of(row: Any) -> Execution:
    return Execution(
        id=row["id"],
        proposal=row["proposal"],
        worker=row["worker"],
        state=ProposalState(row["state"]),
        claimed_at=from_micros(row["claimed_at"]),
        finished_at=None if row["finished_at"] is None else from_micros(row["finished_at"]),
        outcome=None if row["outcome"] is None else Outcome(**row["outcome"]),
    )


def outcome_as_json(outcome: Outcome) -> Json:
    return asdict(outcome)
