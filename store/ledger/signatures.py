"""What a decision's signature covers, and what a proposal's decisions add up to when only signed ones count."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from domain.people import Person
from domain.plain_json import Json
from store.database import Transaction
from store.ledger.audit_key import AuditKey


class Humans(Protocol):
    """Who stands behind an account (store/identities.py): two accounts of one human count once."""

    async def human_within(self, tx: Transaction, person: Person) -> str: ...


_SIGNED = ("proposal", "digest", "person", "human", "verdict", "role", "approvers", "not_the_requester", "at")


def signed_part(row: Any) -> Json:
    return {name: row[name] for name in _SIGNED}


@dataclass(frozen=True, slots=True)
class Tally:
    """How a proposal stands by its decisions alone, whatever its state column says."""

    humans: frozenset[str]
    """Different human beings who approved it, without the requester where policy asked for others."""
    needed: int
    denied: bool
    forged: str = ""
    """Why the decisions cannot be trusted, "" when they can."""

    @property
    def enough(self) -> bool:
        return not self.forged and not self.denied and len(self.humans) >= self.needed


async def tally(
    tx: Transaction, key: AuditKey, humans_of: Humans, digest: str, requester: Person, rows: Iterable[Any]
) -> Tally:
    """Count decisions. Accounts are resolved to humans as they are linked now, not as they were at the decision."""
    humans: set[str] = set()
    needed, denied, others_only = 1, False, False
    for row in rows:
        if not key.signed("decision", signed_part(row), row["mac"]):
            return Tally(frozenset(), needed, denied, f"the decision of {row['person']} does not carry our signature")
        if row["digest"] != digest:
            return Tally(frozenset(), needed, denied, f"the decision of {row['person']} was for other bytes")
        needed = max(needed, row["approvers"])
        others_only = others_only or row["not_the_requester"]
        denied = denied or row["verdict"] == "reject"
        if row["verdict"] == "approve":
            humans.add(await humans_of.human_within(tx, Person.parse(row["person"])))
    if others_only:
        humans.discard(await humans_of.human_within(tx, requester))
    return Tally(frozenset(humans), needed, denied)
