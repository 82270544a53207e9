"""API keys: made once and shown once, kept as a signature, rotated with an overlap, taken back. The audit knows each.

A key speaks for the account `http:key:NAME`, which is bound to the key's role like every other account.
"""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from domain.errors import NotAllowed
from domain.people import Person, Role
from domain.plain_json import Json
from store.clock import DB_CLOCK, SECOND, from_micros
from store.database import Database, Transaction
from store.identities import Identities
from store.ledger.audit import Audit
from store.ledger.audit_key import AuditKey
from store.schema import api_key

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 43
"""Letters of the secret part: 256 bits."""
_SHOWN = re.compile(rf"hilda_(k[0-9a-f]{{10}})_([A-Za-z0-9]{{{_LENGTH}}})")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
_USED_EVERY = 60 * SECOND
"""A key that is in use all the time is written down once a minute."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: str
    name: str
    role: Role
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    alive: bool
    """Neither revoked nor expired, by the database's clock."""

    @property
    def person(self) -> Person:
        return person_of(self.name)


@dataclass(frozen=True, slots=True)
class NewKey:
    key: ApiKey
    secret: str
    """To be shown once; nobody can read it again."""


class Keys:
    def __init__(self, database: Database, key: AuditKey, audit: Audit, identities: Identities) -> None:
        self._database = database
        self._key = key
        self._audit = audit
        self._identities = identities

    async def make(self, name: str, role: Role, by: Person | str, *, lasts: timedelta | None = None) -> NewKey:
        """A new key; NotAllowed for a name that is none, or that a living key has."""
        if not _NAME.fullmatch(name):
            raise NotAllowed(f"{name[:80]!r} is no name of a key: small letters, digits, dots and dashes, 63 at most.")
        if role is Role.nobody:
            raise NotAllowed("A key needs a role: viewer, developer, operator or admin.")
        if any(key.alive for key in await self.list(name)):
            raise NotAllowed(f"There is a key called {name} already: rotate it, or revoke it first.")
        await self._identities.bind(person_of(name), role, by)
        return await self._store(name, role, by, "key-made", lasts)

    async def rotate(
        self, name: str, by: Person | str, *, overlap: timedelta, lasts: timedelta | None = None
    ) -> NewKey:
        """A second key of that name and role; those before it go on for as long as `overlap`."""
        living = [key for key in await self.list(name) if key.alive]
        if not living:
            raise NotAllowed(f"There is no key called {name} that could be rotated.")
        until = DB_CLOCK + _micros(overlap)
        async with self._database.begin() as tx:
            await tx.in_order()
            later = or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > until)
            await tx.execute(update(api_key).where(api_key.c.name == name, alive(), later).values(expires_at=until))
        return await self._store(name, living[0].role, by, "key-rotated", lasts)

    async def revoke(self, name: str, by: Person | str, why: str = "") -> int:
        """All living keys of that name, or the one of that id, are worth nothing from now on; how many."""
        of_it = or_(api_key.c.name == name, api_key.c.id == name)
        async with self._database.begin() as tx:
            await tx.in_order()
            revoked = update(api_key).where(of_it, alive()).values(revoked_at=DB_CLOCK).returning(api_key.c.name)
            names = list((await tx.execute(revoked)).scalars())
            result = f"{len(names)} revoked"
            await self._audit.append(tx, str(by), "key-revoked", f"key:{name}", why=why, result=result)
        for each in dict.fromkeys(names):
            if not any(key.alive for key in await self.list(each)):
                await self._identities.unbind(person_of(each), by, "its keys were revoked")
        return len(names)

    async def list(self, name: str = "") -> tuple[ApiKey, ...]:
        """Newest first, dead ones too."""
        wanted = select(*api_key.c, alive().label("alive")).order_by(api_key.c.made_at.desc(), api_key.c.id)
        if name:
            wanted = wanted.where(api_key.c.name == name)
        async with self._database.read() as tx:
            return tuple(_key_of(row) for row in (await tx.execute(wanted)).mappings())

    async def check(self, secret: str) -> ApiKey | None:
        """The living key that this is; None for everything else, whatever is wrong with it."""
        found = _SHOWN.fullmatch(secret)
        if not found:
            return None
        wanted = select(*api_key.c, alive().label("alive"), _unused().label("unused")).where(api_key.c.id == found[1])
        async with self._database.read() as tx:
            row = (await tx.execute(wanted)).mappings().first()
        if row is None or not self._key.signed("api-key", _signed(row, found[2]), row["hash"]) or not row["alive"]:
            return None
        if row["unused"]:
            async with self._database.begin() as tx:
                await tx.execute(update(api_key).where(api_key.c.id == found[1]).values(used_at=DB_CLOCK))
        return _key_of(row)

    async def refused(self, secret: str, why: str) -> None:
        """Somebody showed a key that is worth nothing; the audit keeps which, never what was shown."""
        found = _SHOWN.fullmatch(secret)
        await self._audit.note("http", "refused", f"key:{found[1]}" if found else "key", why=why)

    async def _store(self, name: str, role: Role, by: Person | str, what: str, lasts: timedelta | None) -> NewKey:
        row = {"id": "k" + secrets.token_hex(5), "name": name, "role": int(role)}
        hidden = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        signature = self._key.sign("api-key", _signed(row, hidden))
        expires = None if lasts is None else DB_CLOCK + _micros(lasts)
        async with self._database.begin() as tx:
            await tx.in_order()
            await tx.execute(
                self._database.insert(api_key).values(
                    **row, hash=signature, made_by=str(by), made_at=DB_CLOCK, expires_at=expires
                )
            )
            told = {"id": row["id"], "role": role.name}
            await self._audit.append(tx, str(by), what, f"key:{name}", result=role.name, details=told)
            kept = await _read(tx, str(row["id"]))
        return NewKey(kept, f"hilda_{row['id']}_{hidden}")


def person_of(name: str) -> Person:
    """Whom a key of that name speaks for."""
    return Person("http", "key", name)


async def _read(tx: Transaction, key_id: str) -> ApiKey:
    wanted = select(*api_key.c, alive().label("alive")).where(api_key.c.id == key_id)
    return _key_of((await tx.execute(wanted)).mappings().one())


def _signed(row: Any, hidden: str) -> Json:
    """What the kept signature covers: a row that somebody wrote or changed in the database is no key."""
    digest = hashlib.sha256(hidden.encode()).hexdigest()
    return {"id": row["id"], "name": row["name"], "role": row["role"], "secret": digest}


def alive() -> ColumnElement[bool]:
    """Neither revoked nor expired."""
    lasts = or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > DB_CLOCK)
    return and_(api_key.c.revoked_at.is_(None), lasts)


def _unused() -> ColumnElement[bool]:
    return or_(api_key.c.used_at.is_(None), api_key.c.used_at < DB_CLOCK - _USED_EVERY)


def _key_of(row: Any) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        made_by=row["made_by"],
        made_at=from_micros(row["made_at"]),
        expires_at=_moment(row["expires_at"]),
        revoked_at=_moment(row["revoked_at"]),
        used_at=_moment(row["used_at"]),
        alive=bool(row["alive"]),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _micros(span: timedelta) -> int:
    return int(span.total_seconds() * SECOND)
