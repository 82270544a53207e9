"""The audit cannot be rewritten without it showing, and nothing secret goes in."""

import asyncio
import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from domain.errors import HildaError, Misconfigured
from store.ledger.audit import FIRST
from store.ledger.audit_key import ensure_key, load_key
from store.record import Store
from store.schema import audit

_COLUMNS = "sequence, at, who, what, subject, why, result, details, algorithm, previous"


@pytest.fixture
async def chain(store: Store) -> Store:
    """Seven rows of audit."""
    for number in range(1, 8):
        await store.audit.note(f"terminal:box:{number}", "looked", f"cluster-{number}", "asked", "seen", {"n": number})
    return store


async def _as_an_intruder(store: Store, *statements: str) -> None:
    """What somebody with every right on the database can do: take the guards away, then write."""
    guards = (
        ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
        if store.database.address.file
        else ["ALTER TABLE audit DISABLE TRIGGER ALL"]
    )
    async with store.database.begin() as tx:
        for statement in (*guards, *statements):
            await tx.execute(text(statement))


async def _rows(store: Store) -> list[dict[str, Any]]:
    async with store.database.read() as tx:
        rows = await tx.execute(text(f"SELECT {_COLUMNS}, mac FROM audit ORDER BY sequence"))
        return [dict(row) for row in rows.mappings()]


async def test_an_untouched_chain_is_whole(chain: Store) -> None:
    """Seven rows written are seven rows verified, each knowing the one before it."""
    verdict = await chain.verify_audit()

    rows = await _rows(chain)
    assert (verdict.whole, verdict.rows, verdict.tip) == (True, 7, rows[-1]["mac"])
    assert [row["previous"] for row in rows] == [FIRST, *(row["mac"] for row in rows[:-1])]


@pytest.mark.parametrize("column", ["who", "what", "subject", "why", "result", "details"])
async def test_an_edited_row_shows(chain: Store, column: str) -> None:
    """Changing any column of any row breaks the chain at that row."""
    await _as_an_intruder(chain, f"UPDATE audit SET {column} = '{{}}x' WHERE sequence = 3")

    verdict = await chain.verify_audit()

    assert (verdict.whole, verdict.at_sequence) == (False, 3)
    assert "changed" in verdict.problem


async def test_a_moved_time_shows(chain: Store) -> None:
    """Nobody can make an act look older than it is."""
    await _as_an_intruder(chain, "UPDATE audit SET at = at - 1 WHERE sequence = 5")

    verdict = await chain.verify_audit()

    assert (verdict.whole, verdict.at_sequence) == (False, 5)


async def test_a_deleted_row_shows(chain: Store) -> None:
    """A row taken out of the middle leaves a gap, also when the others are renumbered to close it."""
    await _as_an_intruder(chain, "DELETE FROM audit WHERE sequence = 4")
    gap = await chain.verify_audit()
    await _as_an_intruder_again(
        chain, *(f"UPDATE audit SET sequence = {n} WHERE sequence = {n + 1}" for n in (4, 5, 6))
    )

    closed = await chain.verify_audit()

    assert "Row 4 is missing" in gap.problem
    assert (closed.whole, closed.at_sequence) == (False, 4)


async def test_rows_in_another_order_show(chain: Store) -> None:
    """Two rows that change places are found out at the first of them."""
    await _as_an_intruder(
        chain,
        "UPDATE audit SET sequence = 100 WHERE sequence = 2",
        "UPDATE audit SET sequence = 2 WHERE sequence = 3",
        "UPDATE audit SET sequence = 3 WHERE sequence = 100",
    )

    verdict = await chain.verify_audit()

    assert (verdict.whole, verdict.at_sequence) == (False, 2)


async def test_a_cut_tail_shows(chain: Store) -> None:
    """Removing the newest rows leaves a chain that is whole in itself; the tip beside the key gives it away."""
    await _as_an_intruder(chain, "DELETE FROM audit WHERE sequence > 5")

    verdict = await chain.verify_audit()

    assert (verdict.whole, verdict.rows) == (False, 5)
    assert "ends at row 5, but row 7 was written" in verdict.problem


async def test_a_replaced_tail_shows(chain: Store) -> None:
    """Also where rows written later fill the gap again, the row that the tip knew is gone."""
    await _as_an_intruder(chain, "DELETE FROM audit WHERE sequence > 5")
    for _ in range(2):
        await chain.audit.note("somebody", "looked", "elsewhere")

    verdict = await chain.verify_audit()

    assert not verdict.whole
    assert "replaced" in verdict.problem


async def test_an_old_row_put_after_a_new_one_shows(chain: Store) -> None:
    """Rows that we signed ourselves, spliced so that even the tip fits, still do not follow each other."""
    old = (await _rows(chain))[6]
    await _as_an_intruder(chain, "DELETE FROM audit WHERE sequence > 5")
    await chain.audit.note("somebody", "looked")
    async with chain.database.begin() as tx:
        await tx.execute(insert(audit).values(old))

    verdict = await chain.verify_audit()

    assert (verdict.whole, verdict.at_sequence) == (False, 7)
    assert "does not follow" in verdict.problem


async def test_a_chain_computed_without_the_key_shows(chain: Store) -> None:
    """Who can write the database but has no key cannot make a row that counts."""
    forged = dict((await _rows(chain))[6])
    mac = forged.pop("mac")
    forged["who"] = "somebody-else"
    guesses = [
        hashlib.sha256(rfc8785.dumps({"algorithm": "hmac-sha256", "purpose": "audit", "value": forged})).hexdigest(),
        hashlib.sha256(rfc8785.dumps(forged)).hexdigest(),
        mac,
    ]

    verdicts = []
    for number, guess in enumerate(guesses):
        act = _as_an_intruder if number == 0 else _as_an_intruder_again
        await act(chain, f"UPDATE audit SET who = 'somebody-else', mac = '{guess}' WHERE sequence = 7")
        verdicts.append(await chain.verify_audit())

    assert [(verdict.whole, verdict.at_sequence) for verdict in verdicts] == [(False, 7)] * 3


async def test_a_weaker_algorithm_is_not_believed(chain: Store) -> None:
    """A row that says it was signed in a way anybody can sign is refused for saying so."""
    forged = dict((await _rows(chain))[6])
    del forged["mac"]
    forged["algorithm"] = "sha256"
    unkeyed = hashlib.sha256(rfc8785.dumps({"algorithm": "sha256", "purpose": "audit", "value": forged})).hexdigest()
    await _as_an_intruder(chain, f"UPDATE audit SET algorithm = 'sha256', mac = '{unkeyed}' WHERE sequence = 7")

    verdict = await chain.verify_audit()

    assert (verdict.whole, verdict.at_sequence) == (False, 7)
    assert "only hmac-sha256 counts" in verdict.problem


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET why = 'nothing' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit",
    ],
)
async def test_the_database_itself_refuses_to_change_rows(chain: Store, statement: str) -> None:
    """Without taking the triggers away first, not even SQL by hand changes an audit row."""
    with pytest.raises((DBAPIError, HildaError), match="never changed"):
        async with chain.database.begin() as tx:
            await tx.execute(text(statement))

    assert (await chain.verify_audit()).whole


async def test_concurrent_writers_make_one_gapless_chain(store: Store) -> None:
    """Fifty tasks at once write fifty rows, numbered 1 to 50."""
    await asyncio.gather(*(store.audit.note("somebody", "looked", str(number)) for number in range(50)))

    rows = await _rows(store)

    assert [row["sequence"] for row in rows] == list(range(1, 51))
    assert (await store.verify_audit()).rows == 50


async def test_a_row_is_there_exactly_when_its_act_is(store: Store) -> None:
    """An act that fails takes its audit row with it, and the next row closes up."""

    async def fail_after_the_row() -> None:
        async with store.database.begin() as tx:
            await store.audit.append(tx, "somebody", "tried")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_the_row()

    await store.audit.note("somebody", "looked")

    assert [entry.what for entry in await store.audit.tail()] == ["looked"]
    assert (await store.verify_audit()).whole


async def test_secrets_do_not_reach_the_audit(store: Store) -> None:
    """What people type as reasons, and what details carry, is redacted before it is signed and stored."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    await store.audit.note("somebody", "refused", "p1", f"use token {secret}", "", {"line": f"curl -u bot:{secret} x"})

    rows = json.dumps(await _rows(store))

    assert secret not in rows
    assert "use token" in rows


async def test_any_text_can_be_audited(store: Store) -> None:
    """NUL, half a surrogate pair, emoji and a megabyte of text are stored and verified."""
    await store.audit.note(
        "somebody", "looked", "a\x00b", "\ud83d half", "👩‍🚒", {"big": "x " * 500_000, "odd": "\ud800"}
    )

    verdict = await store.verify_audit()

    assert verdict.whole
    assert (await store.audit.tail(1))[0].subject == "a\ufffdb"


async def test_the_tail_the_subject_and_the_rest_can_be_read(chain: Store) -> None:
    """Readers get the newest rows in order, all about one subject, or all after a number."""
    tail = await chain.audit.tail(2)

    assert [entry.sequence for entry in tail] == [6, 7]
    assert [entry.sequence for entry in await chain.audit.about("cluster-3")] == [3]
    assert [entry.sequence for entry in await chain.audit.since(5)] == [6, 7]


def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    """A second `migrate` keeps the key; file and folder are for their owner only."""
    path = tmp_path / "keys" / "audit.key"

    first = ensure_key(path)

    assert ensure_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "secret" not in repr(first)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.chmod(0o640), "chmod 600"),
        (lambda path: path.write_text("too short"), "is not 32 bytes"),
        (lambda path: path.unlink(), "hilda migrate"),
    ],
)
def test_a_key_that_cannot_be_trusted_stops_the_start(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    """Readable by others, damaged or gone: one line that names the file and says what to do."""
    path = tmp_path / "keys" / "audit.key"
    ensure_key(path)
    spoil(path)

    with pytest.raises(Misconfigured, match=said) as refusal:
        load_key(path)

    assert str(path) in str(refusal.value)


async def test_a_chain_without_its_key_stops_the_start(chain: Store, database_url: str, key_path: Path) -> None:
    """No key is made up for a record that was signed with another one."""
    await chain.close()
    _take_away(key_path)

    with pytest.raises(Misconfigured, match="has 7 rows signed"):
        await Store.open(database_url, key_path)

    assert _folder_of(key_path) == ["audit.key.moved"]


async def test_a_strange_key_stops_the_start(chain: Store, database_url: str, tmp_path: Path) -> None:
    """A key that did not sign this record cannot go on with it."""
    await chain.close()
    other = tmp_path / "other" / "audit.key"
    ensure_key(other)

    with pytest.raises(Misconfigured, match="another key"):
        await Store.open(database_url, other)


async def test_the_key_may_not_lie_beside_the_database(tmp_path: Path) -> None:
    """One stolen or writable folder must not be enough to forge the record."""
    with pytest.raises(Misconfigured, match="lies in the folder of the database"):
        await Store.open(f"sqlite:///{tmp_path}/hilda.db", tmp_path / "keys" / "audit.key")


async def test_a_new_embedded_store_makes_its_key(tmp_path: Path) -> None:
    """Nobody has to run `migrate` before the first question."""
    key = tmp_path / "keys" / "audit.key"

    store = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", key)

    await store.audit.note("somebody", "looked")
    await store.close()
    assert load_key(key) == store.audit_key


async def test_two_databases_may_share_a_key(tmp_path: Path, key_path: Path) -> None:
    """Each has a tip of its own, so neither makes the other look cut."""
    stores = [await Store.open(f"sqlite:///{tmp_path}/{name}/hilda.db", key_path) for name in ("one", "two")]
    for store, rows in zip(stores, (5, 2), strict=True):
        for _ in range(rows):
            await store.audit.note("somebody", "looked")

    verdicts = [await store.verify_audit() for store in stores]

    for store in stores:
        await store.close()
    assert [(verdict.whole, verdict.rows) for verdict in verdicts] == [(True, 5), (True, 2)]


async def _as_an_intruder_again(store: Store, *statements: str) -> None:
    async with store.database.begin() as tx:
        for statement in statements:
            await tx.execute(text(statement))


def _take_away(key: Path) -> None:
    key.rename(f"{key}.moved")


def _folder_of(key: Path) -> list[str]:
    return [path.name for path in key.parent.iterdir() if path.suffix != ".tip"]
