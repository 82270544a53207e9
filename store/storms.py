"""Storms: so much goes wrong at once that a place could not bear a message for each of it; the rest shares one."""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select, update

from domain.conversations import below, channel_of, in_incidents, in_storms, storm_key
from domain.findings import Severity
from store.clock import DB_CLOCK, SECOND
from store.database import Database, Transaction
from store.incident_record import Incident, from_row, read, write_line
from store.schema import incident, incident_entry

MOST = 8
"""Incidents of at least the same severity that a place is told of one by one within `WITHIN`."""
WITHIN = 600 * SECOND
_LINE = "announced"


class Storms:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def announce(self, incident_id: str, conversations: Sequence[str], severity: Severity) -> tuple[str, ...]:
        """It belongs into these conversations, its own; or where a place has had too much, into the storm's there.

        Those into which it belongs now; none where it is announced already, or over.
        """
        async with self._database.begin() as tx:
            await tx.in_order()
            found = await read(tx, incident_id)
            if found is None or not found.alive or found.announced:
                return ()
            chosen = [await self._own_or_storm(tx, incident_id, own, severity) for own in conversations]
            told = json.dumps(dict.fromkeys(chosen, 0))
            await tx.execute(update(incident).where(incident.c.id == incident_id).values(announced=told))
            await write_line(self._database, tx, incident_id, _LINE, "", {"in": chosen}, key=_LINE)
            return tuple(dict.fromkeys(chosen))

    async def members(self, conversation: str, *, most: int = 2000) -> tuple[Incident, ...]:
        """The incidents that share this conversation, newest first, without their timelines."""
        wanted = select(incident).where(_announced_in(f'"{conversation}"')).order_by(incident.c.opened_at.desc())
        async with self._database.read() as tx:
            return tuple(from_row(row) for row in (await tx.execute(wanted.limit(most))).mappings())

    async def _own_or_storm(self, tx: Transaction, incident_id: str, own: str, severity: Severity) -> str:
        place = channel_of(own).removesuffix(":")
        worse = incident.c.severity.in_([known.name for known in Severity if known >= severity])
        single = _lately(_announced_in(f'"{in_incidents(place)}'), worse).limit(MOST)
        if len((await tx.execute(single)).all()) < MOST:
            return own
        shared = in_storms(place)
        newest = (await tx.execute(_lately(_announced_in(f'"{shared}')).limit(1))).scalar()
        going_on = next((each for each in json.loads(newest or "{}") if each.startswith(shared)), "")
        return going_on or below(place, storm_key(incident_id))


def _announced_in(written: str) -> ColumnElement[bool]:
    """By how the conversations of an incident are kept: JSON, each in quotes."""
    return incident.c.announced.contains(written, autoescape=True)


def _lately(*which: ColumnElement[bool]) -> Select[tuple[str]]:
    """Where those are announced that were announced within the window, newest first."""
    line = (incident_entry.c.incident == incident.c.id) & (incident_entry.c.key == _LINE)
    found = select(incident.c.announced).join(incident_entry, line)
    return found.where(incident_entry.c.at > DB_CLOCK - WITHIN, *which).order_by(incident_entry.c.id.desc())
