"""Incidents: what was wrong, what was done, and what helped the last time."""

import secrets
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import Select, select, update

from domain.conversations import incident_of
from domain.plain_json import Json
from domain.proposals import Outcome, Proposal
from policy.redaction import redact
from store.clock import DB_CLOCK
from store.database import Database, Transaction
from store.incident_record import Incident, from_row, read, write_line
from store.past_fixes import PastFix, fold_fixes
from store.schema import fix, incident

_NOTHING = "|||||"


class Incidents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_or_join(self, cause_key: str, title: str, cluster: str, conversation: str) -> Incident:
        """The incident of this cause that is not over, or a new one: one cause has one, whoever asks.

        A cause whose incident was merged into another one belongs to that one for as long as it lives.
        """
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
            merged = (await tx.execute(_merged(cause_key))).scalar()
            opened = None if merged else (await tx.execute(new)).scalar()
            alive = select(incident.c.id).where(incident.c.cause_key == cause_key, incident.c.state != "closed")
            found: str = merged or opened or (await tx.execute(alive)).scalar_one()
            await tx.execute(update(incident).where(incident.c.id == found).values(seen_at=DB_CLOCK))
            told = {"conversation": conversation}
            await self._add(tx, found, "opened" if opened else "seen", title, told, key=_key(conversation))
            kept = await read(tx, found)
            assert kept is not None
            return kept

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
        """Over; False when it was over already. The same cause later is a new incident."""
        async with self._database.begin() as tx:
            await tx.in_order()
            closed = await tx.execute(
                update(incident)
                .where(incident.c.id == incident_id, incident.c.state != "closed")
                .values(state="closed", closed_at=DB_CLOCK, summary=redact(summary))
            )
            if closed.rowcount != 1:
                return False
            await self._add(tx, incident_id, "closed", summary, {"by": by})
            return True

    async def get(self, incident_id: str) -> Incident | None:
        """With its timeline, oldest line first."""
        async with self._database.read() as tx:
            return await read(tx, incident_id)

    async def of_conversation(self, conversation: str) -> Incident | None:
        """The incident that a conversation is about: by its name, or the newest that was opened in it."""
        if named := incident_of(conversation):
            return await self.get(named)
        opened_here = select(incident.c.id).where(incident.c.conversation == conversation)
        newest = opened_here.order_by(incident.c.opened_at.desc()).limit(1)
        async with self._database.read() as tx:
            found = (await tx.execute(newest)).scalar()
            return await read(tx, found) if found else None

    async def list(self, state: Literal["open", "closed"] | None = None, *, most: int = 50) -> tuple[Incident, ...]:
        """Newest first, without timelines; `open` are all that are not closed."""
        wanted = select(incident).order_by(incident.c.opened_at.desc(), incident.c.id).limit(most)
        if state is not None:
            wanted = wanted.where(incident.c.state == "closed" if state == "closed" else incident.c.state != "closed")
        async with self._database.read() as tx:
            return tuple(from_row(row) for row in (await tx.execute(wanted)).mappings())

    async def _add(
        self, tx: Transaction, incident_id: str, kind: str, text: str, details: Json, *, key: str = ""
    ) -> bool:
        return await write_line(self._database, tx, incident_id, kind, text, details, key=key)


def _key(conversation: str) -> str:
    """A conversation that comes across an incident again and again is one line of its timeline."""
    return f"conversation:{conversation}"


def _merged(cause_key: str) -> Select[tuple[str]]:
    """The living incident that this cause's last one was merged into."""
    into = incident.alias("into")
    return (
        select(into.c.id)
        .join(incident, incident.c.merged_into == into.c.id)
        .where(incident.c.cause_key == cause_key, into.c.state != "closed")
        .order_by(incident.c.closed_at.desc())
        .limit(1)
    )
