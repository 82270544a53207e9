"""Proposals and people for the store's tests: whatever a test does not name is drawn so that no two are alike."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text

from domain.people import Person, Role
from domain.proposals import Identity, Outcome, Precondition, Proposal
from domain.risk import Risk
from domain.scripts import Script
from policy.consent import Consent
from store.ledger.claimed import ClaimedExecution
from store.ledger.decisions import DecisionResult, Verdict
from store.record import Store

_numbers = count(1)

ASKER = Person("terminal", "box", "1001")
LEAD = Person("slack", "T1", "U-lead")
SECOND = Person("slack", "T1", "U-second")


@dataclass(frozen=True)
class Needs(Consent):
    """A consent as policy would ask for it."""

    approvers: int = 1
    not_the_requester: bool = True
    may_run: bool = True


def proposal(**different: Any) -> Proposal:
    number = next(_numbers)
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "id": f"p{number}",
        "title": f"Undo rollout {number}",
        "script": Script(f"kubectl rollout undo deployment/web-{number}\n", "kubectl get pods\n", "true\n"),
        "interpreter": "/bin/bash",
        "environment": (("PATH", "/usr/bin"),),
        "working_directory": "/work",
        "cluster": "c1",
        "context": "somewhere",
        "namespace": "shop",
        "identity": Identity(user="oncall"),
        "sandbox": "bubblewrap/1",
        "timeout_seconds": 60,
        "output_cap_bytes": 4096,
        "requests": (),
        "observed_namespaces": ("shop",),
        "preconditions": (Precondition("apps/v1", "Deployment", "shop", "web", "u-1", "generation:4"),),
        "dry_run_digest": "d1",
        "expectations": (),
        "policy_version": "1",
        "risk": Risk.medium,
        "requester": ASKER,
        "author": "runbook:image-pull@aa",
        "incident": "",
        "conversation": f"terminal:{number}",
        "cause_key": "image-pull|c1|shop|Deployment|web",
        "created_at": now,
        "expires_at": now + timedelta(minutes=15),
    }
    return Proposal(**{**fields, **different})


async def decide(
    store: Store,
    proposal_id: str,
    person: Person = LEAD,
    verdict: Verdict = "approve",
    needs: Needs = Needs(),
    reason: str = "",
    prefix: str | None = None,
) -> DecisionResult:
    record = await store.proposals.get(proposal_id)
    known = record.digest[:12] if record else "0" * 12
    return await store.decisions.decide(
        proposal_id, known if prefix is None else prefix, person, verdict, reason, Role.operator, needs
    )


async def approved(store: Store, **different: Any) -> tuple[str, str]:
    """Id and digest of a proposal that a lead has approved."""
    put = await store.proposals.propose(proposal(**different))
    result = await decide(store, put.id)
    assert result.accepted, result.why
    return put.id, put.digest


async def claimed(store: Store, lease_seconds: float = 30, **different: Any) -> ClaimedExecution:
    found = await store.claims.claim(*await approved(store, **different), "w1", lease_seconds)
    assert found is not None
    return found


def outcome(exit_code: int | None = 0, *, verified: bool | None = True, why: str = "") -> Outcome:
    return Outcome(exit_code, "rolled back\n", False, verified, "3 of 3 ready\n", 1.5, why)


async def out_of_lease(store: Store, table: str) -> None:
    """As if every holder had been silent for too long: no test has to be faster than a lease."""
    async with store.database.begin() as tx:
        await tx.execute(text(f"UPDATE {table} SET lease_until = 1 WHERE lease_until IS NOT NULL"))
