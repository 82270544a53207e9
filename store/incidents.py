"""Incidents: what was wrong, what was done, and what helped the last time."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update

from domain.plain_json import Json
from domain.proposals import Outcome, Proposal
from policy.redaction import redact, redact_json
from store.clock import DB_CLOCK, from_micros
from store.database import Database, Transaction
from store.past_fixes import PastFix, fold_fixes
from store.schema import fix, incident, incident_entry

_NOTHING = "|||||"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: datetime
    kind: str
    """`opened`, `seen`, `note`, `checklist`, `proposed`, `outcome`, `closed`, ..."""
    text: str
    details: Json


@dataclass(frozen=True, slots=True)
class Incident:
    id: str
    cause_key: str
    title: str
    cluster: str
    conversation: str
    state: Literal["open", "closed"]
    opened_at: datetime
    seen_at: datetime
    """When somebody last came across it."""
    closed_at: datetime | None = None
    summary: str = ""
    timeline: tuple[TimelineEntry, ...] = ()


class Incidents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_or_join(self, cause_key: str, title: str, cluster: str, conversation: str) -> Incident:
        """The open incident of this cause, or a new one: one cause has one open incident, whoever asks."""
        code, _cluster, namespace, kind, name = (cause_key + _NOTHING).split("|")[:5]
        new = (
            self._database.insert(incident)
            .values(
                id="i" + secrets.token_hex(5),
                cause_key=cause_key,
                cause_code=code,
                cluster=cluster,
                namespace=namespace,
                kind=kind,
                name=name,
                title=redact(title),
                conversation=conversation,
                state="open",
                opened_at=DB_CLOCK,
                seen_at=DB_CLOCK,
            )
            .on_conflict_do_nothing()
            .returning(incident.c.id)
        )
        async with self._database.begin() as tx:
            await tx.in_order()
            opened = (await tx.execute(new)).scalar()
            is_open = (incident.c.cause_key == cause_key, incident.c.state == "open")
            found: str = opened or (await tx.execute(select(incident.c.id).where(*is_open))).scalar_one()
            await tx.execute(update(incident).where(incident.c.id == found).values(seen_at=DB_CLOCK))
            await self._add(
                tx, found, "opened" if opened else "seen", title, {"conversation": conversation}, key=_key(conversation)
            )
            return await self._get(tx, found)

    async def add(self, incident_id: str, kind: str, text: str, details: Json | None = None, *, key: str = "") -> bool:
        """One line of the timeline; with a `key` the same line twice is one line (False the second time)."""
        async with self._database.begin() as tx:
            await tx.in_order()
            return await self._add(tx, incident_id, kind, text, details or {}, key=key)

    async def outcome(self, proposal: Proposal, outcome: Outcome, commands: Iterable[str]) -> bool:
        """What came of a proposal joins its incident and what is known to help; False when it was there already."""
        code, cluster, namespace, kind, name = (proposal.cause_key + _NOTHING).split("|")[:5]
        helped = outcome.exit_code == 0 and outcome.verified is True
        new = (
            self._database.insert(fix)
            .values(
                proposal=proposal.id,
                incident=proposal.incident,
                cause_code=code,
                cluster=cluster or proposal.cluster,
                namespace=namespace,
                kind=kind,
                name=name,
                title=proposal.title,
                author=proposal.author,
                commands=[redact(command) for command in commands],
                helped=helped if outcome.exit_code is not None else None,
                at=DB_CLOCK,
            )
            .on_conflict_do_nothing()
            .returning(fix.c.proposal)
        )
        async with self._database.begin() as tx:
            await tx.in_order()
            if (await tx.execute(new)).scalar() is None:
                return False
            if proposal.incident:
                text = f"{proposal.title}: {'it helped' if helped else outcome.why or 'it did not help'}"
                details = {"proposal": proposal.id, "exit_code": outcome.exit_code, "verified": outcome.verified}
                await self._add(tx, proposal.incident, "outcome", text, details, key=f"outcome:{proposal.id}")
            return True

    async def what_helped(
        self, cause_code: str, kind: str = "", name: str = "", *, namespace: str = "", most: int = 3
    ) -> tuple[PastFix, ...]:
        """Fixes that were verified to help against this cause: those of the same object first, then the newest."""
        wanted = select(fix).where(fix.c.cause_code == cause_code).order_by(fix.c.at.desc()).limit(500)
        if kind:
            wanted = wanted.where(fix.c.kind == kind)
        async with self._database.read() as tx:
            rows = (await tx.execute(wanted)).mappings().all()
        return fold_fixes(rows, name, namespace)[:most]

    async def close(self, incident_id: str, summary: str = "", by: str = "hilda") -> bool:
        """Over; False when it was not open. The same cause later is a new incident."""
        async with self._database.begin() as tx:
            await tx.in_order()
            closed = await tx.execute(
                update(incident)
                .where(incident.c.id == incident_id, incident.c.state == "open")
                .values(state="closed", closed_at=DB_CLOCK, summary=redact(summary))
            )
            if closed.rowcount != 1:
                return False
            await self._add(tx, incident_id, "closed", summary, {"by": by})
            return True

    async def get(self, incident_id: str) -> Incident | None:
        """With its timeline, oldest line first."""
        async with self._database.read() as tx:
            if (await tx.execute(select(incident.c.id).where(incident.c.id == incident_id))).first() is None:
                return None
            return await self._get(tx, incident_id)

    async def list(self, state: Literal["open", "closed"] | None = None, *, most: int = 50) -> tuple[Incident, ...]:
        """Newest first, without timelines."""
        wanted = select(incident).order_by(incident.c.opened_at.desc(), incident.c.id).limit(most)
        if state is not None:
            wanted = wanted.where(incident.c.state == state)
        async with self._database.read() as tx:
            return tuple(_incident(row, ()) for row in (await tx.execute(wanted)).mappings())

    async def _get(self, tx: Transaction, incident_id: str) -> Incident:
        row = (await tx.execute(select(incident).where(incident.c.id == incident_id))).mappings().one()
        lines = await tx.execute(
            select(incident_entry).where(incident_entry.c.incident == incident_id).order_by(incident_entry.c.id)
        )
        return _incident(
            row, tuple(TimelineEntry(from_micros(line.at), line.kind, line.text, line.details) for line in lines)
        )

    async def _add(
        self, tx: Transaction, incident_id: str, kind: str, text: str, details: Json, *, key: str = ""
    ) -> bool:
        new = (
            self._database.insert(incident_entry)
            .values(
                incident=incident_id,
                kind=kind,
                text=redact(text),
                details=redact_json(details),
                key=key or secrets.token_hex(8),
                at=DB_CLOCK,
            )
            .on_conflict_do_nothing(index_elements=["incident", "key"])
            .returning(incident_entry.c.id)
        )
        return (await tx.execute(new)).scalar() is not None


def _key(conversation: str) -> str:
    """A conversation that comes across an incident again and again is one line of its timeline."""
    return f"conversation:{conversation}"


def _incident(row: Any, timeline: tuple[TimelineEntry, ...]) -> Incident:
    return Incident(
        id=row["id"],
        cause_key=row["cause_key"],
        title=row["title"],
        cluster=row["cluster"],
        conversation=row["conversation"],
        state=row["state"],
        opened_at=from_micros(row["opened_at"]),
        seen_at=from_micros(row["seen_at"]),
        closed_at=None if row["closed_at"] is None else from_micros(row["closed_at"]),
        summary=row["summary"],
        timeline=timeline,
    )
