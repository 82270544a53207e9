"""The claim: at most once, only while everything holds, and never without its audit row."""

import hashlib
import secrets
from typing import Any

from sqlalchemy import exists, insert, select

from domain.errors import NotAllowed
from domain.proposals import ProposalState
from store.clock import DB_CLOCK, SECOND, from_micros, to_micros
from store.database import Database, Transaction
from store.ledger.audit import Audit, signed_part
from store.ledger.audit_key import AuditKey
from store.ledger.claimed import ClaimedExecution, seal_claim
from store.ledger.executions import Executions
from store.ledger.records import proposal_of
from store.ledger.signatures import Humans, tally
from store.ledger.states import RUNNING, in_time, lock, move
from store.ledger.stop_switch import STOP
from store.schema import audit, decision, execution, proposal, switch

# After any of these an approval is spent or void, whatever the proposal's row was made to say.
_ENDINGS = ("rejected", "revoked", "expired", "went-stale", "claimed", "claim-refused")


class Claims(Executions):
    """How an approval is spent, and (inherited) what becomes of it then."""

    def __init__(self, database: Database, key: AuditKey, record: Audit, humans: Humans) -> None:
        super().__init__(database, record)
        self._key = key
        self._humans = humans

    async def claimable(self, cluster: str, most: int = 20) -> tuple[str, ...]:
        """Ids of approved proposals for this cluster, oldest first; none while the stop switch is set."""
        wanted = (
            select(proposal.c.id)
            .where(proposal.c.cluster == cluster, *_may_be_claimed())
            .order_by(proposal.c.stored_at, proposal.c.id)
            .limit(most)
        )
        async with self._database.read() as tx:
            return tuple((await tx.execute(wanted)).scalars())

    async def claim(self, proposal_id: str, digest: str, worker: str, lease_seconds: float) -> ClaimedExecution | None:
        """The right to run it, for one worker; None when somebody else has it or something no longer holds.

        The caller has compared roles, policy and the cluster just before. Here the bytes, the signatures, the clock
        and the state are compared, and the claim, its execution row and its audit row are one transaction.
        """
        who = f"executor:{worker}"
        async with self._database.begin() as tx:
            row = await lock(tx, proposal_id)
            doubt = await self._doubt(tx, row)
            if row is not None and not doubt:
                claimed = await move(
                    tx,
                    proposal_id,
                    ProposalState.claimed,
                    proposal.c.digest == digest,
                    *_may_be_claimed(),
                    claimed_by=worker,
                    claimed_at=DB_CLOCK,
                )
                if claimed:
                    return await self._open(tx, row, worker, lease_seconds)
            # Losing a race to another worker is daily business; anything else is worth a row.
            if row is None or row["state"] not in RUNNING:
                await self._refuse(tx, proposal_id, row, who, doubt, digest)
        return None

    async def _open(self, tx: Transaction, row: Any, worker: str, lease_seconds: float) -> ClaimedExecution:
        now = await tx.clock()
        opened = {
            "id": "x" + secrets.token_hex(8),
            "proposal": row["id"],
            "worker": worker,
            "token": secrets.token_hex(16),
            "state": ProposalState.claimed.value,
            "claimed_at": now,
            "lease_until": now + int(lease_seconds * SECOND),
        }
        await tx.execute(insert(execution).values(opened))
        await self._audit.append(
            tx,
            f"executor:{worker}",
            "claimed",
            row["id"],
            result=ProposalState.claimed,
            details={"digest": row["digest"], "execution": opened["id"]},
        )
        return seal_claim(
            opened["id"], proposal_of(row), row["digest"], worker, opened["token"], from_micros(now), lease_seconds
        )

    async def _doubt(self, tx: Transaction, row: Any | None) -> str:
        """What speaks against the stored record itself, "" when it adds up. No state column is believed here."""
        if row is None or row["state"] != ProposalState.approved:
            return ""
        stored, digest = bytes(row["canonical"]), row["digest"]
        if hashlib.sha256(stored).hexdigest() != digest:
            return "the stored bytes do not have the digest that was approved"
        found = proposal_of(row)
        if found.id != row["id"] or to_micros(found.expires_at) != row["expires_at"] or found.cluster != row["cluster"]:
            return "the row beside the stored bytes was changed"
        rows = await tx.execute(select(decision).where(decision.c.proposal == row["id"]))
        try:
            counted = await tally(tx, self._key, self._humans, digest, found.requester, rows.mappings().all())
        except NotAllowed as forged:
            return str(forged)
        if counted.forged:
            return counted.forged
        if not counted.enough:
            return f"it has {len(counted.humans)} of {counted.needed} signed approvals"
        return await self._ended_before(tx, row["id"])

    async def _ended_before(self, tx: Transaction, proposal_id: str) -> str:
        rows = await tx.execute(select(audit).where(audit.c.subject == proposal_id))
        for row in rows.mappings():
            if not self._key.signed("audit", signed_part(row), row["mac"]):
                return f"audit row {row['sequence']} about it does not carry our signature"
            if row["what"] in _ENDINGS:
                return f"the audit says that it was {row['what']} before"
        return ""

    async def _refuse(
        self, tx: Transaction, proposal_id: str, row: Any | None, who: str, doubt: str, digest: str
    ) -> None:
        if doubt:
            # It stays out of the way from now on: an approval that does not add up must not be tried every second.
            await move(tx, proposal_id, ProposalState.stale, why=f"Refused at the claim: {doubt}.")
            await self._audit.append(tx, who, "claim-refused", proposal_id, why=doubt, result=ProposalState.stale)
            return
        state = "absent" if row is None else row["state_now"]
        why = f"it is {state}"
        if row is not None and row["digest"] != digest:
            why = "another digest was asked for than the approved one"
        elif state == ProposalState.approved:
            why = "the stop switch is set"
        await self._audit.append(tx, who, "refused", proposal_id, why=why, result=state, details={"tried": "claim"})


def _may_be_claimed() -> tuple[Any, ...]:
    return (
        proposal.c.state == ProposalState.approved.value,
        in_time(),
        proposal.c.revoked_at.is_(None),
        ~exists().where(switch.c.name == STOP),
    )
