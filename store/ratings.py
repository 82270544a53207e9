"""What people thought of an answer: one voice each, kept in the audit; who changes their mind is heard again."""

from typing import Literal

from sqlalchemy import select

from domain.people import Person
from store.database import Database
from store.ledger.audit import Audit
from store.schema import audit

Rating = Literal["helped", "missed"]


class Ratings:
    def __init__(self, database: Database, kept_in: Audit) -> None:
        self._database = database
        self._audit = kept_in

    async def rate(self, answer: str, person: Person, rating: Rating, why: str = "") -> bool:
        """False when this person said exactly that of this answer before: then nothing is added."""
        mine = (
            select(audit.c.result, audit.c.why)
            .where(audit.c.subject == answer, audit.c.who == str(person), audit.c.what == "rated")
            .order_by(audit.c.sequence.desc())
        )
        async with self._database.begin() as tx:
            await tx.in_order()
            before = (await tx.execute(mine.limit(1))).first()
            if before is not None and before.result == rating and why in ("", before.why):
                return False
            instead = {"instead_of": before.result} if before is not None and before.result != rating else None
            await self._audit.append(tx, str(person), "rated", answer, why, rating, instead)
            return True
