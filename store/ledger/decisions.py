"""Decisions: who said yes or no to exactly these bytes. A no is final, and nobody counts twice."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select

from domain.errors import NotAllowed
from domain.people import Person, Role
from domain.plain_json import Json
from domain.proposals import ProposalState
from policy.consent import Consent
from policy.redaction import redact
from store.clock import DB_CLOCK
from store.database import Database, Transaction
from store.ledger.audit import Audit
from store.ledger.audit_key import AuditKey
from store.ledger.records import proposal_of
from store.ledger.signatures import Humans, Tally, signed_part, tally
from store.ledger.states import in_time, lock, move, undecided
from store.schema import decision, proposal

SHORTEST_PREFIX = 12
Verdict = Literal["approve", "reject"]


@dataclass(frozen=True, slots=True)
class DecisionResult:
    state: ProposalState | None
    """How the proposal stands now; None when that could not be told: no such proposal, or nobody to tell it to."""
    accepted: bool
    """Whether this decision counted."""
    why: str
    """One sentence for the person who decided."""
    approvals: int = 0
    needed: int = 0


class Decisions:
    def __init__(self, database: Database, key: AuditKey, audit: Audit, humans: Humans) -> None:
        self._database = database
        self._key = key
        self._audit = audit
        self._humans = humans

    async def decide(
        self,
        proposal_id: str,
        digest_prefix: str,
        person: Person,
        verdict: Verdict,
        reason: str,
        role: Role,
        consent: Consent,
    ) -> DecisionResult:
        """One person's yes or no. Whether the role may decide is policy's to say, before this is called.

        Every attempt leaves an audit row; one that does not count says why, to the person too.
        """
        try:
            return await self._decide(proposal_id, digest_prefix, person, verdict, redact(reason), role, consent)
        except NotAllowed as refusal:
            await self.refuse(proposal_id, person, str(refusal), tried=verdict)
            return DecisionResult(None, False, str(refusal))

    async def _decide(
        self,
        proposal_id: str,
        digest_prefix: str,
        person: Person,
        verdict: Verdict,
        reason: str,
        role: Role,
        consent: Consent,
    ) -> DecisionResult:
        async with self._database.begin() as tx:
            row = await lock(tx, proposal_id)
            if row is None:
                return await self._refused(tx, proposal_id, person, verdict, None, "There is no such proposal.")
            earlier = await self._decisions(tx, proposal_id)
            refusal = await self._refusal(tx, row, digest_prefix, person, verdict, consent, earlier)
            if refusal:
                state = ProposalState(row["state_now"])
                if state is ProposalState.expired:
                    await move(tx, proposal_id, state, undecided())
                return await self._refused(tx, proposal_id, person, verdict, state, refusal)
            if any(found["person"] == str(person) for found in earlier):
                return await self._withdrawn(tx, proposal_id, person, reason)
            await self._write_down(tx, row, person, verdict, reason, role, consent)
            if verdict == "reject":
                return await self._denied(tx, proposal_id, person, reason)
            counted = await tally(
                tx,
                self._key,
                self._humans,
                row["digest"],
                proposal_of(row).requester,
                await self._decisions(tx, proposal_id),
            )
            return await self._approved(tx, proposal_id, person, reason, counted)

    async def refuse(self, proposal_id: str, person: Person, why: str, *, tried: Verdict | str) -> None:
        """Keep an attempt that policy did not even let through to here."""
        await self._audit.note(str(person), "refused", proposal_id, why=why, details={"tried": tried})

    async def _refusal(
        self,
        tx: Transaction,
        row: Any,
        digest_prefix: str,
        person: Person,
        verdict: Verdict,
        consent: Consent,
        earlier: list[Any],
    ) -> str:
        """Why this decision cannot count, "" when it can."""
        state = ProposalState(row["state_now"])
        if len(digest_prefix) < SHORTEST_PREFIX or not row["digest"].startswith(digest_prefix):
            return "That button or prefix belongs to another version of this proposal. Look at it again, then decide."
        if state is ProposalState.expired:
            return "Its time has passed: it expired before this decision. Ask for it again."
        if state not in (ProposalState.proposed, ProposalState.approved):
            return f"It is already {state}."
        mine = [found for found in earlier if found["person"] == str(person)]
        if verdict == "reject":
            return ""
        if mine:
            return f"You have decided already ({mine[0]['verdict']}). To take an approval back, reject or revoke it."
        if not consent.may_run:
            return "Its risk class never runs through Hilda; it can only be copied."
        human = await self._humans.human_within(tx, person)
        if consent.not_the_requester and human == await self._humans.human_within(tx, proposal_of(row).requester):
            return "You asked for this, so somebody else has to approve it."
        for found in earlier:
            if human == await self._humans.human_within(tx, Person.parse(found["person"])):
                return f"You have decided already as {found['person']}; one person counts once."
        return ""

    async def _decisions(self, tx: Transaction, proposal_id: str) -> list[Any]:
        rows = await tx.execute(select(decision).where(decision.c.proposal == proposal_id).order_by(decision.c.id))
        return list(rows.mappings())

    async def _write_down(
        self,
        tx: Transaction,
        row: Any,
        person: Person,
        verdict: Verdict,
        reason: str,
        role: Role,
        consent: Consent,
    ) -> None:
        signed: Json = {
            "proposal": row["id"],
            "digest": row["digest"],
            "person": str(person),
            "human": await self._humans.human_within(tx, person),
            "verdict": verdict,
            "role": int(role),
            "approvers": consent.approvers,
            "not_the_requester": consent.not_the_requester,
            "at": await tx.clock(),
        }
        mac = self._key.sign("decision", signed_part(signed))
        await tx.execute(insert(decision).values(**signed, reason=reason, mac=mac))

    async def _approved(
        self, tx: Transaction, proposal_id: str, person: Person, reason: str, counted: Tally
    ) -> DecisionResult:
        reached = counted.enough and await move(
            tx, proposal_id, ProposalState.approved, proposal.c.state == ProposalState.proposed, in_time()
        )
        state = (await tx.execute(select(proposal.c.state).where(proposal.c.id == proposal_id))).scalar_one()
        have, needed = len(counted.humans), counted.needed
        await self._audit.append(
            tx,
            str(person),
            "approved",
            proposal_id,
            why=reason,
            result=state,
            details={"approvals": have, "needed": needed},
        )
        if counted.forged:
            why = f"Your approval is kept, but it cannot run: {counted.forged}."
        elif reached:
            why = "Approved."
        else:
            why = f"Your approval is kept: {have} of {needed}."
        return DecisionResult(ProposalState(state), True, why, have, needed)

    async def _denied(self, tx: Transaction, proposal_id: str, person: Person, reason: str) -> DecisionResult:
        # Also from `approved`: a denial overwrites an approval, never the other way round.
        await move(tx, proposal_id, ProposalState.rejected, undecided(), why=reason)
        await self._audit.append(tx, str(person), "rejected", proposal_id, why=reason, result=ProposalState.rejected)
        return DecisionResult(ProposalState.rejected, True, "Rejected. That is final.")

    async def _withdrawn(self, tx: Transaction, proposal_id: str, person: Person, reason: str) -> DecisionResult:
        """A no after one's own yes: the yes stays on record, and the proposal is over."""
        await move(
            tx,
            proposal_id,
            ProposalState.revoked,
            undecided(),
            why=reason,
            revoked_at=DB_CLOCK,
            revoked_by=str(person),
        )
        await self._audit.append(tx, str(person), "revoked", proposal_id, why=reason, result=ProposalState.revoked)
        return DecisionResult(ProposalState.revoked, True, "Your approval is taken back, and with it the proposal.")

    async def _refused(
        self, tx: Transaction, proposal_id: str, person: Person, tried: Verdict, state: ProposalState | None, why: str
    ) -> DecisionResult:
        await self._audit.append(
            tx, str(person), "refused", proposal_id, why=why, result=state or "absent", details={"tried": tried}
        )
        return DecisionResult(state, False, why)
