"""Whether the chain is whole: nothing edited, removed, put in another order, cut off or signed with another key."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from domain.errors import Misconfigured
from domain.plain_json import Json
from store.database import Database, Transaction
from store.ledger.audit import FIRST, signed_part
from store.ledger.audit_key import ALGORITHM, AuditKey, Tip
from store.schema import audit

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    whole: bool
    rows: int
    """How many rows were found good, from the first one on."""
    problem: str = ""
    """One sentence, "" when the chain is whole."""
    at_sequence: int | None = None
    """Where the chain breaks."""
    tip: str = ""
    """Signature of the newest good row: worth noting somewhere else."""


async def verify(database: Database, key: AuditKey) -> AuditVerdict:
    """Read the whole chain and compare its end with the tip that is kept beside the key."""
    # The tip is read first: rows appended meanwhile only make the chain longer than it.
    tip = key.read_tip(database.address.key)
    sequence, mac, tip_seen = 0, FIRST, tip is None
    async with database.read() as tx:
        while rows := await _rows_after(tx, sequence):
            for row in rows:
                problem = _problem(row, key, sequence + 1, mac)
                if problem:
                    return AuditVerdict(False, sequence, problem, row["sequence"], mac)
                sequence, mac = row["sequence"], row["mac"]
                if tip and sequence == tip.sequence:
                    if mac != tip.mac:
                        return AuditVerdict(False, sequence, _other_end(tip, key, database), sequence, mac)
                    tip_seen = True
    if not tip_seen:
        assert tip is not None
        return AuditVerdict(False, sequence, _cut(tip, sequence, key, database), sequence + 1, mac)
    return AuditVerdict(True, sequence, tip=mac if sequence else "")


async def refuse_a_stranger(database: Database, key: AuditKey) -> None:
    """Misconfigured when the newest row was signed with another key: decisions made now could never be trusted."""
    async with database.read() as tx:
        row = (await tx.execute(select(audit).order_by(audit.c.sequence.desc()).limit(1))).mappings().first()
    if row is not None and not key.signed("audit", signed_part(row), row["mac"]):
        raise Misconfigured(
            f"{database.address.shown} was signed with another key than {key.path}, or its audit was changed. "
            "Put the right key back, and run `hilda audit verify`."
        )


async def audit_rows(database: Database) -> int:
    """How many rows the chain should have: the number of its newest one."""
    async with database.read() as tx:
        return int((await tx.execute(select(func.coalesce(func.max(audit.c.sequence), 0)))).scalar_one())


async def _rows_after(tx: Transaction, sequence: int) -> list[Json]:
    wanted = select(audit).where(audit.c.sequence > sequence).order_by(audit.c.sequence).limit(_BATCH)
    return [dict(row) for row in (await tx.execute(wanted)).mappings()]


def _problem(row: Json, key: AuditKey, expected: int, previous: str) -> str:
    found: Any = row["sequence"]
    if found != expected:
        return f"Row {expected} is missing; the next one is row {found}."
    # The algorithm is ours to say. A row that names another one is refused, whatever it would prove under that one.
    if row["algorithm"] != ALGORITHM:
        return f"Row {found} claims the algorithm {row['algorithm']!r}; only {ALGORITHM} counts."
    if not key.signed("audit", signed_part(row), row["mac"]):
        return f"Row {found} was changed after it was written, or signed with another key."
    if row["previous"] != previous:
        return f"Row {found} does not follow the row before it: rows were removed or put in another order."
    return ""


def _cut(tip: Tip, rows: int, key: AuditKey, database: Database) -> str:
    return (
        f"The chain ends at row {rows}, but row {tip.sequence} was written: its end was cut off. "
        f"(If the database was begun anew on purpose, remove {key.tip_path(database.address.key)}.)"
    )


def _other_end(tip: Tip, key: AuditKey, database: Database) -> str:
    return (
        f"Row {tip.sequence} is not the row that was written: the chain's end was replaced. "
        f"(If the database was begun anew on purpose, remove {key.tip_path(database.address.key)}.)"
    )
