"""API keys: shown once, worth nothing once they are over, and never of more worth than the record says."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from domain.errors import NotAllowed
from domain.people import Person, Role
from policy.redaction import redact
from store.clock import DB_CLOCK, SECOND
from store.record import Store
from store.schema import api_key

ADMIN = Person("terminal", "m1", "1000")


async def test_a_key_opens_what_its_role_may_and_its_secret_is_nowhere(store: Store) -> None:
    new = await store.keys.make("ci", Role.operator, ADMIN)

    found = await store.keys.check(new.secret)

    assert found is not None
    assert (found.name, found.role, found.alive) == ("ci", Role.operator, True)
    assert await store.identities.role_of(found.person) is Role.operator
    kept = str(await _rows(store))
    assert new.secret.rpartition("_")[2] not in kept
    assert [row.what for row in await store.audit.tail(2)] == ["bound", "key-made"]


async def test_anything_else_is_no_key(store: Store) -> None:
    """A letter more, a letter less, another one; and what never was one."""
    secret = (await store.keys.make("ci", Role.viewer, ADMIN)).secret
    other = "a" if secret[-1] != "a" else "b"
    near = (secret + "a", secret[:-1], secret[:-1] + other, secret.upper(), f" {secret}", secret + "\n")
    strange = ("", "hilda", "Bearer x", "hilda_k0123456789_" + "a" * 43, "hilda_k" + "0" * 5000)

    assert [await store.keys.check(wrong) for wrong in (*near, *strange)] == [None] * 11


async def test_rotation_leaves_time_to_change_over(store: Store) -> None:
    """Both work during the overlap; afterwards the old one does not."""
    old = await store.keys.make("ci", Role.developer, ADMIN)
    new = await store.keys.rotate("ci", ADMIN, overlap=timedelta(hours=1))

    both = [await store.keys.check(each.secret) for each in (old, new)]
    await _pass(store, old.key.id, hours=1)
    after = [await store.keys.check(each.secret) for each in (old, new)]

    assert [key.role for key in both if key] == [Role.developer, Role.developer]
    assert [key is not None for key in after] == [False, True]


async def test_a_rotation_never_lengthens_a_key_that_ends_sooner(store: Store) -> None:
    old = await store.keys.make("ci", Role.viewer, ADMIN, lasts=timedelta(minutes=5))
    await store.keys.rotate("ci", ADMIN, overlap=timedelta(days=1))

    (kept,) = [key for key in await store.keys.list("ci") if key.id == old.key.id]

    assert kept.expires_at == old.key.expires_at


async def test_a_revoked_key_is_worth_nothing_and_its_account_has_no_role(store: Store) -> None:
    first = await store.keys.make("ci", Role.admin, ADMIN)
    second = await store.keys.rotate("ci", ADMIN, overlap=timedelta(days=1))

    revoked = await store.keys.revoke("ci", ADMIN, "it was on a poster")

    assert revoked == 2
    assert [await store.keys.check(each.secret) for each in (first, second)] == [None, None]
    assert await store.identities.role_of(first.key.person) is Role.nobody
    assert await store.keys.revoke("ci", ADMIN) == 0


async def test_one_of_two_keys_can_be_revoked_by_its_id(store: Store) -> None:
    first = await store.keys.make("ci", Role.viewer, ADMIN)
    second = await store.keys.rotate("ci", ADMIN, overlap=timedelta(days=1))

    await store.keys.revoke(first.key.id, ADMIN)

    assert await store.keys.check(first.secret) is None
    assert await store.keys.check(second.secret) is not None
    assert await store.identities.role_of(second.key.person) is Role.viewer


async def test_an_expired_key_is_worth_nothing(store: Store) -> None:
    new = await store.keys.make("ci", Role.viewer, ADMIN, lasts=timedelta(hours=1))

    await _pass(store, new.key.id, hours=2)

    assert await store.keys.check(new.secret) is None
    assert [key.alive for key in await store.keys.list()] == [False]


async def test_who_writes_to_the_database_makes_no_key_and_raises_no_role(store: Store) -> None:
    """A row that was put there, or raised to admin, does not carry our signature."""
    new = await store.keys.make("ci", Role.viewer, ADMIN)
    async with store.database.begin() as tx:
        row = dict((await tx.execute(select(*api_key.c))).mappings().one())
        copied = row | {"id": "k0123456789", "role": int(Role.admin)}
        await tx.execute(insert(api_key).values(copied))
        await tx.execute(update(api_key).where(api_key.c.id == new.key.id).values(role=int(Role.admin)))

    assert await store.keys.check(new.secret) is None
    assert await store.keys.check(new.secret.replace(new.key.id, "k0123456789")) is None


async def test_a_key_needs_a_plain_name(store: Store) -> None:
    for name in ("", "A", "a b", "-a", "a" * 64, "a:b", "grüße", "a\n"):
        with pytest.raises(NotAllowed):
            await store.keys.make(name, Role.viewer, ADMIN)

    assert await store.keys.list() == ()


async def test_a_name_is_taken_while_a_key_of_it_lives(store: Store) -> None:
    await store.keys.make("ci", Role.viewer, ADMIN)
    with pytest.raises(NotAllowed, match="rotate it"):
        await store.keys.make("ci", Role.admin, ADMIN)
    with pytest.raises(NotAllowed, match="needs a role"):
        await store.keys.make("other", Role.nobody, ADMIN)
    with pytest.raises(NotAllowed, match="no key called"):
        await store.keys.rotate("other", ADMIN, overlap=timedelta(hours=1))

    await store.keys.revoke("ci", ADMIN)

    assert (await store.keys.make("ci", Role.viewer, ADMIN)).key.alive


async def test_a_key_in_use_is_written_down_once_a_minute(store: Store) -> None:
    new = await store.keys.make("ci", Role.viewer, ADMIN)

    await store.keys.check(new.secret)
    first = (await store.keys.list())[0].used_at
    await store.keys.check(new.secret)

    assert first is not None
    assert (await store.keys.list())[0].used_at == first


async def test_keys_are_redacted_wherever_they_turn_up(store: Store) -> None:
    secret = (await store.keys.make("ci", Role.viewer, ADMIN)).secret

    assert secret not in redact(f"curl -H 'Authorization: x' {secret} and more")


async def _pass(store: Store, key_id: str, *, hours: int) -> None:
    """Time goes by for one key: what it has left becomes shorter."""
    ended = DB_CLOCK - 1 * SECOND
    async with store.database.begin() as tx:
        left = api_key.c.expires_at <= DB_CLOCK + hours * 3600 * SECOND
        await tx.execute(update(api_key).where(api_key.c.id == key_id, left).values(expires_at=ended))


async def _rows(store: Store) -> list[object]:
    async with store.database.read() as tx:
        return [dict(row) for row in (await tx.execute(select(*api_key.c))).mappings()]
