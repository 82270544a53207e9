"""Proposals: put down once, byte for byte, and never changed; only their state moves."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, insert, select

from domain.errors import NotAllowed
from domain.people import Person
from domain.proposals import Proposal, ProposalState, canonical
from policy.redaction import redact
from store.clock import DB_CLOCK, SECOND, to_micros
from store.database import Database, Transaction
from store.ledger.audit import Audit
from store.ledger.records import ProposalRecord, decision_of, execution_of, proposal_of
from store.ledger.states import UNDECIDED, expired_now, lock, move, state_now, undecided
from store.schema import decision, execution, proposal

_ENGINE = "hilda"


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """How often one conversation may ask people for an approval: attention is what approval is made of."""

    most: int = 20
    seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Proposed:
    id: str
    digest: str
    already_open: bool = False
    """The same script for the same place by the same person was waiting already: this is that one."""


class Proposals:
    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def propose(self, wanted: Proposal, limit: RequestLimit = RequestLimit()) -> Proposed:
        """Store it, with its audit row. An equal open one is returned instead; one the cluster has outrun makes way.

        NotAllowed when the conversation asks for approvals too often, or when the id is taken.
        """
        data = canonical(wanted)
        kept = Proposed(wanted.id, hashlib.sha256(data).hexdigest())
        async with self._database.begin() as tx:
            # Two equal requests at the same moment: the second one waits here and then finds the first.
            await tx.in_order()
            twin = await self._open_twin(tx, wanted)
            if twin is not None:
                return twin
            refusal = await self._refusal(tx, wanted, limit)
            if not refusal:
                await self._store(tx, wanted, kept.digest, data)
            await self._audit.append(
                tx,
                str(wanted.requester),
                "refused" if refusal else "proposed",
                wanted.id,
                why=refusal or wanted.title,
                result="" if refusal else ProposalState.proposed,
                details={"digest": kept.digest, "risk": wanted.risk.name, "author": wanted.author},
            )
        if refusal:
            raise NotAllowed(refusal)
        return kept

    async def get(self, proposal_id: str) -> ProposalRecord | None:
        return next(iter(await self._read(_records().where(proposal.c.id == proposal_id))), None)

    async def list(
        self,
        state: ProposalState | None = None,
        *,
        conversation: str = "",
        cluster: str = "",
        incident: str = "",
        most: int = 50,
    ) -> tuple[ProposalRecord, ...]:
        """Newest first."""
        wanted = _records().order_by(proposal.c.created_at.desc(), proposal.c.id).limit(most)
        if state is not None:
            wanted = wanted.where(state_now == state.value)
        if conversation:
            wanted = wanted.where(proposal.c.conversation == conversation)
        if cluster:
            wanted = wanted.where(proposal.c.cluster == cluster)
        if incident:
            wanted = wanted.where(proposal.c.incident == incident)
        return await self._read(wanted)

    async def revoke(self, proposal_id: str, person: Person, reason: str) -> bool:
        """Take it back; possible until the claim. Whether it was; either way the audit knows."""
        reason = redact(reason)
        async with self._database.begin() as tx:
            row = await lock(tx, proposal_id)
            done = row is not None and await move(
                tx,
                proposal_id,
                ProposalState.revoked,
                undecided(),
                why=reason,
                revoked_at=DB_CLOCK,
                revoked_by=str(person),
            )
            state = "no such proposal" if row is None else row["state_now"]
            await self._audit.append(
                tx,
                str(person),
                "revoked" if done else "refused",
                proposal_id,
                why=reason if done else f"It cannot be revoked any more: {state}.",
                result=ProposalState.revoked if done else state,
            )
        return done

    async def mark_stale(self, proposal_id: str, why: str) -> bool:
        """The cluster is no longer as it was proposed for: nobody may run it now. Whether it was still open."""
        async with self._database.begin() as tx:
            return await self._outrun(tx, proposal_id, redact(why))

    async def expire(self) -> tuple[str, ...]:
        """Ids of open proposals whose time has passed, now marked so. For cards only: the claim looks at the clock."""
        async with self._database.begin() as tx:
            await tx.in_order()
            late = (await tx.execute(select(proposal.c.id).where(expired_now).with_for_update())).scalars().all()
            for proposal_id in late:
                await self._expire_one(tx, proposal_id)
            return tuple(late)

    async def _open_twin(self, tx: Transaction, wanted: Proposal) -> Proposed | None:
        """The open proposal for the same thing, unless it is past its time or describes a cluster that has moved on."""
        same = select(proposal, state_now.label("state_now")).where(
            proposal.c.likeness == _likeness(wanted),
            proposal.c.state.in_([*UNDECIDED, ProposalState.claimed, ProposalState.started]),
        )
        row = (await tx.execute(same.with_for_update())).mappings().first()
        if row is None:
            return None
        if row["state_now"] == ProposalState.expired:
            await self._expire_one(tx, row["id"])
            return None
        if row["state"] in UNDECIDED and _grounds(proposal_of(row)) != _grounds(wanted):
            await self._outrun(tx, row["id"], f"The cluster or the rules have changed since; see {wanted.id}.")
            return None
        return Proposed(row["id"], row["digest"], already_open=True)

    async def _refusal(self, tx: Transaction, wanted: Proposal, limit: RequestLimit) -> str:
        if (await tx.execute(select(proposal.c.id).where(proposal.c.id == wanted.id))).first():
            return f"A proposal {wanted.id} exists already; a proposal is never changed."
        asked = (
            await tx.execute(
                select(func.count())
                .select_from(proposal)
                .where(
                    proposal.c.conversation == wanted.conversation,
                    proposal.c.stored_at > DB_CLOCK - limit.seconds * SECOND,
                )
            )
        ).scalar_one()
        if asked >= limit.most:
            return (
                f"This conversation has asked for {asked} approvals within {limit.seconds // 60} minutes; "
                "decide on some of them first, or wait a little."
            )
        return ""

    async def _store(self, tx: Transaction, wanted: Proposal, digest: str, data: bytes) -> None:
        await tx.execute(
            insert(proposal).values(
                id=wanted.id,
                digest=digest,
                canonical=data,
                likeness=_likeness(wanted),
                cluster=wanted.cluster,
                namespace=wanted.namespace,
                requester=str(wanted.requester),
                conversation=wanted.conversation,
                incident=wanted.incident,
                cause_key=wanted.cause_key,
                title=wanted.title,
                risk=wanted.risk.name,
                created_at=to_micros(wanted.created_at),
                expires_at=to_micros(wanted.expires_at),
                state=ProposalState.proposed.value,
                stored_at=DB_CLOCK,
                state_at=DB_CLOCK,
            )
        )

    async def _expire_one(self, tx: Transaction, proposal_id: str) -> None:
        if await move(tx, proposal_id, ProposalState.expired, expired_now):
            await self._audit.append(tx, _ENGINE, "expired", proposal_id, result=ProposalState.expired)

    async def _outrun(self, tx: Transaction, proposal_id: str, why: str) -> bool:
        done = await move(tx, proposal_id, ProposalState.stale, undecided(), why=why)
        if done:
            await self._audit.append(tx, _ENGINE, "went-stale", proposal_id, why=why, result=ProposalState.stale)
        return done

    async def _read(self, wanted: Select[tuple[object, ...]]) -> tuple[ProposalRecord, ...]:
        async with self._database.read() as tx:
            rows = (await tx.execute(wanted)).mappings().all()
            ids = [row["id"] for row in rows]
            decisions = await tx.execute(
                select(decision).where(decision.c.proposal.in_(ids)).order_by(decision.c.at, decision.c.id)
            )
            by_proposal: dict[str, list[object]] = {}
            for found in decisions.mappings():
                by_proposal.setdefault(found["proposal"], []).append(found)
            executions = await tx.execute(select(execution).where(execution.c.proposal.in_(ids)))
            runs = {found["proposal"]: execution_of(found) for found in executions.mappings()}
        return tuple(
            ProposalRecord(
                proposal=proposal_of(row),
                digest=row["digest"],
                state=ProposalState(row["state_now"]),
                decisions=tuple(decision_of(found) for found in by_proposal.get(row["id"], ())),
                execution=runs.get(row["id"]),
                why=row["why"],
            )
            for row in rows
        )


def _records() -> Select[tuple[object, ...]]:
    return select(proposal, state_now.label("state_now"))


def _likeness(wanted: Proposal) -> str:
    """Equal for proposals that would do the same, in the same place, for the same person."""
    parts: Sequence[str] = (wanted.script.run, wanted.cluster, wanted.namespace, str(wanted.requester))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _grounds(wanted: Proposal) -> tuple[object, ...]:
    """What an approval of it would rest on, besides the script."""
    return (
        wanted.script,
        wanted.preconditions,
        wanted.dry_run_digest,
        wanted.policy_version,
        wanted.identity,
        wanted.risk,
    )
