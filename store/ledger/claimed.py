"""The right to run one approved proposal once. Only the claim can make it, and the sandbox takes nothing else."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.proposals import Proposal

_SEAL = object()


@dataclass(frozen=True, slots=True)
class ClaimedExecution:
    execution: str
    """Id of the execution row."""
    proposal: Proposal
    """Read from the stored bytes that the digest and the approvals are about."""
    digest: str
    worker: str
    token: str = field(repr=False)
    """Fences off a worker whose lease ran out: its later writes no longer count."""
    claimed_at: datetime
    lease_seconds: float
    seal: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a ClaimedExecution is made by the claim alone (store/ledger/claims.py)")


def seal_claim(
    execution: str, proposal: Proposal, digest: str, worker: str, token: str, claimed_at: datetime, lease_seconds: float
) -> ClaimedExecution:
    """For `store/ledger/claims.py`, after its transaction holds the claim; a test keeps other callers out."""
    return ClaimedExecution(execution, proposal, digest, worker, token, claimed_at, lease_seconds, _SEAL)
