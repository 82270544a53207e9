"""Where nobody wants to hear anything unasked for a while; what is asked there is answered all the same."""

from datetime import datetime

from sqlalchemy import delete, select

from domain.people import Person
from store.clock import DB_CLOCK, from_micros, to_micros
from store.database import Database
from store.ledger.audit import Audit
from store.schema import mute


class Mutes:
    """By conversation: of a channel the whole of it (`slack:T1:C1:`), whichever thread was spoken in."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def mute(self, conversation: str, until: datetime, by: Person) -> None:
        """Nothing unasked until then; said again, the later word counts."""
        values = {"conversation": conversation, "until": to_micros(until), "by": str(by), "at": DB_CLOCK}
        new = self._database.insert(mute).values(values)
        async with self._database.begin() as tx:
            await tx.in_order()
            await tx.execute(new.on_conflict_do_update(index_elements=["conversation"], set_=values))
            await self._audit.append(tx, str(by), "muted", conversation, details={"until": until.isoformat()})

    async def unmute(self, conversation: str, by: Person) -> bool:
        """Whether it was muted."""
        mine = delete(mute).where(mute.c.conversation == conversation, mute.c.until > DB_CLOCK)
        async with self._database.begin() as tx:
            await tx.in_order()
            was = bool((await tx.execute(mine)).rowcount)
            if was:
                await self._audit.append(tx, str(by), "unmuted", conversation)
            return was

    async def until(self, conversation: str) -> datetime | None:
        """Until when, None where it is not muted (any more)."""
        wanted = select(mute.c.until).where(mute.c.conversation == conversation, mute.c.until > DB_CLOCK)
        async with self._database.read() as tx:
            found = (await tx.execute(wanted)).scalar()
        return None if found is None else from_micros(found)
