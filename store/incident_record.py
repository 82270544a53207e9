"""One incident as it is kept: its state, whose it is, and a timeline that only grows."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from domain.plain_json import Json
from policy.redaction import redact, redact_json
from store.clock import DB_CLOCK, from_micros
from store.database import Database, Transaction
from store.schema import incident, incident_entry

IncidentState = Literal["open", "acknowledged", "resolved", "closed"]
"""`resolved`: nothing fires any more, and whether it stays so is seen in a while; `closed`: over."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    id: int
    """Grows: what came after it has a greater one."""
    at: datetime
    kind: str
    """`opened`, `seen`, `fired`, `found`, `acknowledged`, `proposed`, `outcome`, `resolved`, `closed`, ..."""
    text: str
    details: Json


@dataclass(frozen=True, slots=True)
class Incident:
    id: str
    cause_key: str
    title: str
    cluster: str
    conversation: str
    """Where it was opened."""
    state: IncidentState
    opened_at: datetime
    seen_at: datetime
    """When somebody last came across it."""
    closed_at: datetime | None = None
    summary: str = ""
    timeline: tuple[TimelineEntry, ...] = ()
    namespace: str = ""
    severity: str = ""
    """`info`, `warning`, `critical`; "" where no alert says so."""
    owner: str = ""
    """`str(person)` of whoever took it or was handed it."""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    merged_into: str = ""
    announced: Mapping[str, int] = field(default_factory=dict)
    """The conversations it is announced in, the first one first, and up to which line of the timeline each was told."""

    @property
    def alive(self) -> bool:
        return self.state != "closed"

    @property
    def home(self) -> str:
        """The conversation in which it is looked after; "" while it is announced nowhere."""
        return next(iter(self.announced), "")

    @property
    def newest(self) -> int:
        """The number of the timeline's last line."""
        return self.timeline[-1].id if self.timeline else 0


async def read(tx: Transaction, incident_id: str) -> Incident | None:
    """With its timeline, oldest line first."""
    row = (await tx.execute(select(incident).where(incident.c.id == incident_id))).mappings().first()
    if row is None:
        return None
    lines = await tx.execute(
        select(incident_entry).where(incident_entry.c.incident == incident_id).order_by(incident_entry.c.id)
    )
    return from_row(
        row, tuple(TimelineEntry(line.id, from_micros(line.at), line.kind, line.text, line.details) for line in lines)
    )


async def write_line(
    database: Database, tx: Transaction, incident_id: str, kind: str, text: str, details: Json, *, key: str = ""
) -> bool:
    """One line of the timeline; with a `key` the same line twice is one line (False the second time)."""
    new = (
        database.insert(incident_entry)
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


def from_row(row: Any, timeline: tuple[TimelineEntry, ...] = ()) -> Incident:
    return Incident(
        id=row["id"],
        cause_key=row["cause_key"],
        title=row["title"],
        cluster=row["cluster"],
        conversation=row["conversation"],
        state=row["state"],
        opened_at=from_micros(row["opened_at"]),
        seen_at=from_micros(row["seen_at"]),
        closed_at=_moment(row["closed_at"]),
        summary=row["summary"],
        timeline=timeline,
        namespace=row["namespace"],
        severity=row["severity"],
        owner=row["owner"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=_moment(row["acknowledged_at"]),
        resolved_at=_moment(row["resolved_at"]),
        snoozed_until=_moment(row["snoozed_until"]),
        merged_into=row["merged_into"],
        announced=json.loads(row["announced"] or "{}"),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
