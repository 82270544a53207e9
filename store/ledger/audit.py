"""The audit: an append-only chain of signed rows, written in the same transaction as what it tells of."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from domain.audit import AuditEntry
from domain.plain_json import Json
from policy.redaction import redact, redact_json
from store.clock import from_micros
from store.columns import storable
from store.database import Database, Transaction
from store.ledger.audit_key import ALGORITHM, AuditKey, Tip
from store.schema import audit

FIRST = "0" * 64
"""What stands where the first row would name the one before it."""


class Audit:
    def __init__(self, database: Database, key: AuditKey) -> None:
        self._database = database
        self._key = key

    async def append(
        self,
        tx: Transaction,
        who: str,
        what: str,
        subject: str = "",
        why: str = "",
        result: str = "",
        details: Json | None = None,
    ) -> AuditEntry:
        """One more row, redacted and signed. It is there exactly when the rest of `tx` is."""
        words: Json = {
            "who": storable(who),
            "what": what,
            "subject": storable(subject),
            "why": redact(storable(why)),
            "result": redact(storable(result)),
            "details": json.dumps(redact_json(details or {}), sort_keys=True, allow_nan=False, separators=(",", ":")),
        }
        await tx.in_order()
        newest = select(audit.c.sequence, audit.c.mac).order_by(audit.c.sequence.desc()).limit(1)
        last = (await tx.execute(newest)).first()
        row: Json = {
            "sequence": last.sequence + 1 if last else 1,
            "at": await tx.clock(),
            **words,
            "algorithm": ALGORITHM,
            "previous": last.mac if last else FIRST,
        }
        row["mac"] = self._key.sign("audit", row)
        await tx.execute(insert(audit).values(row))
        tip = Tip(row["sequence"], row["mac"])
        tx.after_commit(lambda: self._key.move_tip(self._database.address.key, tip))
        return entry(row)

    async def note(
        self, who: str, what: str, subject: str = "", why: str = "", result: str = "", details: Json | None = None
    ) -> AuditEntry:
        """A row about something that changes nothing in the store: a look, a refusal at a door."""
        async with self._database.begin() as tx:
            return await self.append(tx, who, what, subject, why, result, details)

    async def tail(self, most: int = 20) -> tuple[AuditEntry, ...]:
        """The newest rows, oldest of them first."""
        async with self._database.read() as tx:
            rows = (await tx.execute(select(audit).order_by(audit.c.sequence.desc()).limit(most))).mappings().all()
        return tuple(entry(row) for row in reversed(rows))

    async def about(self, subject: str) -> tuple[AuditEntry, ...]:
        """Everything that was done to one subject, oldest first."""
        async with self._database.read() as tx:
            rows = await tx.execute(select(audit).where(audit.c.subject == subject).order_by(audit.c.sequence))
            return tuple(entry(row) for row in rows.mappings())

    async def since(self, sequence: int, most: int = 1000) -> tuple[AuditEntry, ...]:
        """Rows after `sequence`, oldest first: for whoever copies the audit elsewhere."""
        async with self._database.read() as tx:
            wanted = select(audit).where(audit.c.sequence > sequence).order_by(audit.c.sequence).limit(most)
            return tuple(entry(row) for row in (await tx.execute(wanted)).mappings())


def signed_part(row: Any) -> Json:
    """What a row's signature covers: everything in it but the signature."""
    return {name: row[name] for name in _SIGNED}


_SIGNED: Sequence[str] = tuple(column.name for column in audit.c if column.name != "mac")


def entry(row: Any) -> AuditEntry:
    """The row as the rest of Hilda sees it."""
    return AuditEntry(
        sequence=row["sequence"],
        at=from_micros(row["at"]),
        who=row["who"],
        what=row["what"],
        subject=row["subject"],
        why=row["why"],
        result=row["result"],
        details=json.loads(row["details"]),
        mac=row["mac"],
    )
