"""Conversations: what was said, what was seen, and the last answer, so that a follow-up knows what it follows."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from domain.errors import ToolFailed
from domain.evidence import Evidence, evidence_as_json, evidence_from_json
from domain.people import Person
from domain.plain_json import Json
from policy.redaction import redact
from store.clock import DB_CLOCK, SECOND, from_micros
from store.database import Database
from store.schema import answer, evidence, message, reading

LARGEST_ANSWER = 512 * 1024
_LONGEST_TEXT = 8_000


@dataclass(frozen=True, slots=True)
class Said:
    who: str
    """`str(person)`, or `hilda`."""
    text: str
    at: datetime


class Conversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember_evidence(self, conversation: str, seen: Iterable[Evidence]) -> None:
        """Keep observations by their ids; one seen again is brought up to date."""
        rows = [
            {"conversation": conversation, "id": item.id, "observation": evidence_as_json(item), "at": DB_CLOCK}
            for item in {item.id: item for item in seen}.values()
        ]
        if not rows:
            return
        new = self._database.insert(evidence).values(rows)
        async with self._database.begin() as tx:
            await tx.execute(
                new.on_conflict_do_update(
                    index_elements=["conversation", "id"],
                    set_={"observation": new.excluded.observation, "at": new.excluded.at},
                )
            )

    async def evidence(self, conversation: str, evidence_id: str) -> Evidence | None:
        found = await self._evidence(conversation, evidence.c.id == evidence_id)
        return found[0] if found else None

    async def evidence_of(self, conversation: str, ids: Iterable[str]) -> tuple[Evidence, ...]:
        """Those of these observations that are kept."""
        wanted = tuple(ids)
        return await self._evidence(conversation, evidence.c.id.in_(wanted)) if wanted else ()

    async def all_evidence(self, conversation: str) -> tuple[Evidence, ...]:
        """Everything seen in this conversation, newest first."""
        return await self._evidence(conversation)

    async def keep_answer(self, conversation: str, value: Json) -> None:
        """Replace the last answer; ToolFailed when it is too large to be one."""
        size = len(json.dumps(value))
        if size > LARGEST_ANSWER:
            raise ToolFailed(f"An answer of {size} bytes is too large to keep ({LARGEST_ANSWER} are allowed).")
        values = {"conversation": conversation, "answer": value, "at": DB_CLOCK}
        async with self._database.begin() as tx:
            await tx.execute(
                self._database.insert(answer)
                .values(values)
                .on_conflict_do_update(index_elements=["conversation"], set_={"answer": value, "at": DB_CLOCK})
            )

    async def last_answer(self, conversation: str) -> Json | None:
        async with self._database.read() as tx:
            found: Json | None = (
                await tx.execute(select(answer.c.answer).where(answer.c.conversation == conversation))
            ).scalar()
            return found

    async def heard(self, conversation: str, who: Person | str, text: str, delivery: str) -> bool:
        """Log what somebody said (or Hilda did), redacted; False when that delivery was logged before."""
        shown = redact(text[:_LONGEST_TEXT])
        new = (
            self._database.insert(message)
            .values(conversation=conversation, delivery=delivery, who=str(who), text=shown, at=DB_CLOCK)
            .on_conflict_do_nothing(index_elements=["conversation", "delivery"])
            .returning(message.c.id)
        )
        async with self._database.begin() as tx:
            return (await tx.execute(new)).scalar() is not None

    async def recent(self, conversation: str, most: int = 20) -> tuple[Said, ...]:
        """The newest lines of the log, oldest of them first."""
        wanted = select(message).where(message.c.conversation == conversation).order_by(message.c.id.desc()).limit(most)
        async with self._database.read() as tx:
            rows = (await tx.execute(wanted)).all()
        return tuple(Said(row.who, row.text, from_micros(row.at)) for row in reversed(rows))

    async def cursor(self, person: Person, conversation: str) -> int:
        """How far into the journal this person has read here; 0 at first."""
        mine = (reading.c.person == str(person), reading.c.conversation == conversation)
        async with self._database.read() as tx:
            return int((await tx.execute(select(reading.c.cursor).where(*mine))).scalar() or 0)

    async def read_up_to(self, person: Person, conversation: str, cursor: int) -> None:
        """Remember how far they have read; never back."""
        new = self._database.insert(reading).values(person=str(person), conversation=conversation, cursor=cursor)
        async with self._database.begin() as tx:
            await tx.execute(
                new.on_conflict_do_update(
                    index_elements=["person", "conversation"],
                    set_={"cursor": cursor},
                    where=reading.c.cursor < cursor,
                )
            )

    async def prune(self, older_than: timedelta) -> int:
        """Forget evidence, answers and log lines of that age; how many rows went."""
        limit = DB_CLOCK - int(older_than.total_seconds() * SECOND)
        gone = 0
        async with self._database.begin() as tx:
            for table in (evidence, answer, message):
                gone += (await tx.execute(delete(table).where(table.c.at < limit))).rowcount
        return gone

    async def _evidence(self, conversation: str, *conditions: Any) -> tuple[Evidence, ...]:
        wanted = (
            select(evidence.c.observation)
            .where(evidence.c.conversation == conversation, *conditions)
            .order_by(evidence.c.at.desc(), evidence.c.id)
        )
        async with self._database.read() as tx:
            return tuple(evidence_from_json(found) for found in (await tx.execute(wanted)).scalars())
