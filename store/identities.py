"""Who people are to Hilda: account to person, role, and the name the Kubernetes API server knows them by."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from domain.errors import NotAllowed
from domain.people import Person, Role
from domain.plain_json import Json
from store.clock import DB_CLOCK
from store.database import Database, Transaction
from store.ledger.audit import Audit
from store.ledger.audit_key import AuditKey
from store.schema import identity


@dataclass(frozen=True, slots=True)
class Identity:
    person: Person
    human: str
    """The same for all accounts of one human being."""
    role: Role
    kube_user: str = ""
    bound_by: str = ""


class Identities:
    def __init__(self, database: Database, key: AuditKey, audit: Audit) -> None:
        self._database = database
        self._key = key
        self._audit = audit

    async def bind(self, person: Person, role: Role, by: Person | str, *, kube_user: str = "", human: str = "") -> None:
        """Say who an account is. `human` links accounts of one person; left out, the account stands for itself."""
        row: Json = {
            "person": str(person),
            "human": human or str(person),
            "role": int(role),
            "kube_user": kube_user,
        }
        values = {**row, "bound_by": str(by), "bound_at": DB_CLOCK, "mac": self._key.sign("identity", row)}
        async with self._database.begin() as tx:
            await tx.in_order()
            await tx.execute(
                self._database.insert(identity)
                .values(values)
                .on_conflict_do_update(index_elements=["person"], set_=values)
            )
            await self._audit.append(
                tx,
                str(by),
                "bound",
                str(person),
                result=role.name,
                details={"human": row["human"], "role": role.name, "kube_user": kube_user},
            )

    async def unbind(self, person: Person, by: Person | str, reason: str = "") -> bool:
        async with self._database.begin() as tx:
            await tx.in_order()
            gone = (await tx.execute(delete(identity).where(identity.c.person == str(person)))).rowcount == 1
            await self._audit.append(
                tx, str(by), "unbound", str(person), why=reason, result="unbound" if gone else "was not bound"
            )
        return gone

    async def get(self, person: Person) -> Identity | None:
        """What is known of an account; NotAllowed when its row was not written by us."""
        async with self._database.read() as tx:
            return await self.within(tx, person)

    async def role_of(self, person: Person) -> Role:
        found = await self.get(person)
        return found.role if found else Role.nobody

    async def kube_user(self, person: Person) -> str:
        """The user that the API server knows this person as, "" where none was mapped."""
        found = await self.get(person)
        return found.kube_user if found else ""

    async def human_of(self, person: Person) -> str:
        """Who stands behind an account, to show; what decides asks within its own transaction."""
        async with self._database.read() as tx:
            return await self.human_within(tx, person)

    async def list(self) -> tuple[Identity, ...]:
        async with self._database.read() as tx:
            rows = await tx.execute(select(identity).order_by(identity.c.human, identity.c.person))
            return tuple(self._identity(row) for row in rows.mappings())

    async def within(self, tx: Transaction, person: Person) -> Identity | None:
        """As `get`, inside a transaction that decides something by it."""
        row = (await tx.execute(select(identity).where(identity.c.person == str(person)))).mappings().first()
        return self._identity(row) if row else None

    async def human_within(self, tx: Transaction, person: Person) -> str:
        """Who stands behind an account; two accounts of one human count once."""
        found = await self.within(tx, person)
        return found.human if found else str(person)

    def _identity(self, row: Any) -> Identity:
        signed = {name: row[name] for name in ("person", "human", "role", "kube_user")}
        if not self._key.signed("identity", signed, row["mac"]):
            raise NotAllowed(
                f"The stored identity of {row['person']} was not written by Hilda or was changed since. "
                "An administrator must look at `hilda audit verify` and bind that person again."
            )
        return Identity(Person.parse(row["person"]), row["human"], Role(row["role"]), row["kube_user"], row["bound_by"])
