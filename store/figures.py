"""Numbers over the whole record, for those who watch Hilda: the same from every replica, since the store counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, func, select

from store.clock import DB_CLOCK, SECOND
from store.database import Database, Transaction
from store.keys import alive
from store.ledger.states import state_now
from store.schema import alert, api_key, audit, fix, incident, job, outbox

DURATIONS = (60, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600)
"""Upper bounds in seconds of how long incidents last."""
NO_CAUSE = "alerts"
"""The cause code of an incident of alerts whose cause was not found."""

Counts = Mapping[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Figures:
    tried: int
    """Remediations that ran and whose outcome was looked at."""
    helped: int
    """Those after which the cause was gone."""
    lasted: tuple[int, ...]
    """How many incidents that are over lasted up to each of DURATIONS."""
    over: int
    lasted_seconds: float
    """All of them together."""
    causes_found: int
    """Incidents that are over and whose cause was found; the others went by themselves."""
    incidents: Counts
    """By state and severity."""
    proposals: Counts
    """By state."""
    alerts: Counts
    """By state; `suppressed` are those that fire and are silenced or inhibited."""
    jobs: Counts
    """By kind and state; what is done with is left out."""
    outbox: Counts
    """By door and state; what is sent is left out."""
    oldest_job_seconds: float
    """For how long the oldest job that is due has waited."""
    keys_alive: int
    audit_rows: int

    def now(self, counts: Counts, *states: str) -> int:
        """How many of these are in one of the states that their first label names."""
        return sum(number for labels, number in counts.items() if labels[0] in states)


async def figures(database: Database) -> Figures:
    """One look, in one transaction."""
    ended = func.coalesce(incident.c.resolved_at, incident.c.closed_at)
    lasted = (ended - incident.c.opened_at) / SECOND
    is_over = and_(incident.c.state == "closed", incident.c.merged_into == "", ended.is_not(None))
    within = [func.sum(case((lasted <= bound, 1), else_=0)) for bound in DURATIONS]
    alert_state = case((and_(alert.c.state == "firing", alert.c.suppressed != ""), "suppressed"), else_=alert.c.state)
    waits = and_(job.c.state == "ready", job.c.run_at <= DB_CLOCK)
    async with database.read() as tx:
        over: Any = (await tx.execute(select(func.count(), func.sum(lasted), *within).where(is_over))).one()
        return Figures(
            tried=await _count(tx, fix),
            helped=await _count(tx, fix, fix.c.helped.is_(True)),
            lasted=tuple(int(number or 0) for number in over[2:]),
            over=int(over[0]),
            lasted_seconds=float(over[1] or 0),
            causes_found=await _count(tx, incident, is_over, incident.c.cause_code != NO_CAUSE),
            incidents=await _by(tx, incident.c.state, incident.c.severity),
            proposals=await _by(tx, state_now.label("state")),
            alerts=await _by(tx, alert_state.label("state")),
            jobs=await _by(tx, job.c.kind, job.c.state, where=job.c.state != "done"),
            outbox=await _by(tx, outbox.c.door, outbox.c.state, where=outbox.c.state != "sent"),
            oldest_job_seconds=await _oldest(tx, waits),
            keys_alive=await _count(tx, api_key, alive()),
            audit_rows=int((await tx.execute(select(func.max(audit.c.sequence)))).scalar() or 0),
        )


async def _count(tx: Transaction, table: Table, *where: ColumnElement[bool]) -> int:
    return int((await tx.execute(select(func.count()).select_from(table).where(*where))).scalar_one())


async def _by(tx: Transaction, *labels: ColumnElement[str], where: ColumnElement[bool] | None = None) -> Counts:
    """How many rows there are of each. What a label says of one cluster or terminal alone is left out of it."""
    wanted = select(*labels, func.count()).group_by(*labels)
    found: dict[tuple[str, ...], int] = {}
    rows: Any = await tx.execute(wanted if where is None else wanted.where(where))
    for row in rows:
        key = tuple(re.split("[@:]", str(value))[0] for value in row[:-1])
        found[key] = found.get(key, 0) + int(row[-1])
    return found


async def _oldest(tx: Transaction, waits: ColumnElement[bool]) -> float:
    oldest = (await tx.execute(select(DB_CLOCK - func.min(job.c.run_at)).where(waits))).scalar()
    return max(0.0, float(oldest or 0) / SECOND)
