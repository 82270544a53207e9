"""The stop switch: while it is set nothing is claimed, whatever was approved. The claim statement looks at it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from domain.people import Person
from store.clock import DB_CLOCK, from_micros
from store.database import Database
from store.ledger.audit import Audit
from store.schema import switch

STOP = "stop"


@dataclass(frozen=True, slots=True)
class Stopped:
    by: str
    why: str
    at: datetime


class StopSwitch:
    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def set(self, by: Person, why: str) -> None:
        """Nothing is claimed from the moment this returns; what runs already runs on."""
        values = {"name": STOP, "by": str(by), "why": why, "at": DB_CLOCK}
        async with self._database.begin() as tx:
            await tx.in_order()
            await tx.execute(self._database.insert(switch).values(values).on_conflict_do_nothing())
            await self._audit.append(tx, str(by), "stopped", STOP, why=why, result="nothing runs")

    async def release(self, by: Person, why: str) -> None:
        async with self._database.begin() as tx:
            await tx.in_order()
            await tx.execute(delete(switch).where(switch.c.name == STOP))
            await self._audit.append(tx, str(by), "released", STOP, why=why, result="approved work may run")

    async def stopped(self) -> Stopped | None:
        async with self._database.read() as tx:
            row = (await tx.execute(select(switch).where(switch.c.name == STOP))).first()
        return Stopped(row.by, row.why, from_micros(row.at)) if row else None
