"""How far an incident is and whose it is: each step is a conditional UPDATE and a line of the timeline, or nothing."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from domain.findings import Severity
from domain.plain_json import Json
from policy.redaction import redact
from store.clock import DB_CLOCK, to_micros
from store.database import Database, Transaction
from store.incident_record import read, write_line
from store.schema import alert, incident

_ALIVE = incident.c.state != "closed"


class IncidentStates:
    """Every step says whether it was one: what is so already, or over, changes nothing and is False."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acknowledge(self, incident_id: str, by: str) -> bool:
        """Somebody has seen it."""
        values = {"state": "acknowledged", "acknowledged_by": by, "acknowledged_at": DB_CLOCK}
        return await self._step(incident_id, incident.c.state == "open", values, "acknowledged", "", {"by": by})

    async def take(self, incident_id: str, owner: str, by: str) -> bool:
        """It is `owner`'s from now on, who took it or was handed it; that acknowledges it, too."""
        first = select(incident.c.acknowledged_by).where(incident.c.id == incident_id)
        async with self._database.begin() as tx:
            await tx.in_order()
            values: dict[str, Any] = {"owner": owner}
            if not (await tx.execute(first)).scalar():
                values |= {"acknowledged_by": by, "acknowledged_at": DB_CLOCK}
            if not await self._change(tx, incident_id, _ALIVE & (incident.c.owner != owner), values):
                return False
            await self._change(tx, incident_id, incident.c.state == "open", {"state": "acknowledged"})
            kind = "taken" if owner == by else "handed over"
            await self._line(tx, incident_id, kind, "", {"owner": owner, "by": by})
            return True

    async def snooze(self, incident_id: str, until: datetime, by: str) -> bool:
        """Nothing new is said about it until then."""
        told = {"until": until.isoformat(), "by": by}
        return await self._step(incident_id, _ALIVE, {"snoozed_until": to_micros(until)}, "snoozed", "", told)

    async def wake(self, incident_id: str, until: datetime) -> bool:
        """A snooze that lasted until then is over; not if it was made longer since."""
        mine = _ALIVE & (incident.c.snoozed_until == to_micros(until))
        return await self._step(incident_id, mine, {"snoozed_until": None}, "woke", "the snooze is over", {})

    async def resolve(self, incident_id: str, at: datetime, text: str) -> bool:
        """Nothing fires any more; since `at`."""
        values = {"state": "resolved", "resolved_at": to_micros(at)}
        mine = incident.c.state.in_(("open", "acknowledged"))
        return await self._step(incident_id, mine, values, "resolved", text, {"at": at.isoformat()})

    async def reopen(self, incident_id: str, text: str, told: Json | None = None) -> bool:
        """It fires again."""
        seen = select(incident.c.acknowledged_by).where(incident.c.id == incident_id)
        async with self._database.begin() as tx:
            await tx.in_order()
            state = "acknowledged" if (await tx.execute(seen)).scalar() else "open"
            values = {"state": state, "resolved_at": None}
            if not await self._change(tx, incident_id, incident.c.state == "resolved", values):
                return False
            await self._line(tx, incident_id, "reopened", text, told or {})
            return True

    async def raise_severity(self, incident_id: str, severity: Severity) -> bool:
        """To this, if it was less; severity never falls while an incident lives."""
        lower = ["", *(known.name for known in Severity if known < severity)]
        values = {"severity": severity.name}
        told = {"severity": severity.name}
        return await self._step(
            incident_id, _ALIVE & incident.c.severity.in_(lower), values, "severity", f"{severity.name}", told
        )

    async def found_cause(self, incident_id: str, cause_key: str, title: str) -> bool:
        """What began without a cause has one now; False where another incident has that cause, to merge into."""
        code, _, namespace, kind, name = (cause_key + "|||||").split("|")[:5]
        other = select(incident.c.id).where(incident.c.cause_key == cause_key, _ALIVE, incident.c.id != incident_id)
        values = {
            "cause_key": cause_key,
            "cause_code": code,
            "namespace": namespace,
            "kind": kind,
            "name": name,
            "title": redact(title),
        }
        async with self._database.begin() as tx:
            await tx.in_order()
            if (await tx.execute(other)).first() is not None:
                return False
            return await self._change(tx, incident_id, _ALIVE, values)

    async def merge(self, incident_id: str, into: str, by: str) -> bool:
        """It goes on as part of another one: its alerts move there, and it is closed."""
        async with self._database.begin() as tx:
            await tx.in_order()
            target = await read(tx, into)
            if target is None or not target.alive or into == incident_id:
                return False
            values = {
                "state": "closed",
                "closed_at": DB_CLOCK,
                "merged_into": into,
                "summary": f"merged into {into}",
            }
            if not await self._change(tx, incident_id, _ALIVE, values):
                return False
            await tx.execute(update(incident).where(incident.c.merged_into == incident_id).values(merged_into=into))
            await tx.execute(update(alert).where(alert.c.incident == incident_id).values(incident=into))
            merged = await read(tx, incident_id)
            assert merged is not None
            await self._line(tx, incident_id, "merged", f"goes on as {into}: {target.title}", {"into": into, "by": by})
            await self._line(
                tx, into, "joined", f"{incident_id} joined: {merged.title}", {"by": by, "was": incident_id}
            )
            if merged.severity:
                lower = ["", *(known.name for known in Severity if known < Severity[merged.severity])]
                worse = _ALIVE & incident.c.severity.in_(lower)
                await self._change(tx, into, worse, {"severity": merged.severity})
            return True

    async def told(self, incident_id: str, conversation: str, line: int) -> None:
        """Everything up to that line of the timeline has been said there."""
        async with self._database.begin() as tx:
            await tx.in_order()
            found = await read(tx, incident_id)
            if found is None or found.announced.get(conversation, line) >= line:
                return
            announced = json.dumps({**found.announced, conversation: line})
            await tx.execute(update(incident).where(incident.c.id == incident_id).values(announced=announced))

    async def _step(
        self, incident_id: str, only_if: ColumnElement[bool], values: dict[str, Any], kind: str, text: str, told: Json
    ) -> bool:
        async with self._database.begin() as tx:
            await tx.in_order()
            if not await self._change(tx, incident_id, only_if, values):
                return False
            await self._line(tx, incident_id, kind, text, told)
            return True

    async def _change(
        self, tx: Transaction, incident_id: str, only_if: ColumnElement[bool], values: dict[str, Any]
    ) -> bool:
        changed = await tx.execute(update(incident).where(incident.c.id == incident_id, only_if).values(values))
        return changed.rowcount == 1

    async def _line(self, tx: Transaction, incident_id: str, kind: str, text: str, told: Json) -> None:
        await write_line(self._database, tx, incident_id, kind, text, told)
