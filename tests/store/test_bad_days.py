"""Bad days around the database: each ends in one line that names it and says what to do, and nothing half-written."""

import asyncio
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import HildaError, Misconfigured, ToolFailed
from domain.scripts import Script
from store import inline_sqlite
from store.database import Database
from store.ledger.audit_key import load_key
from store.record import Store
from tests.postgres import PostgresServer, start_postgres
from tests.store.making import approved, decide, proposal


@pytest.fixture
async def embedded(tmp_path: Path, key_path: Path) -> Store:
    return await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", key_path)


async def _pragma(store: Store, setting: str) -> None:
    """For the one connection that the store uses when nothing runs in parallel."""
    async with store.database.read() as tx:
        await tx.execute(text(f"PRAGMA {setting}"))


async def test_a_full_database_says_so_and_recovers(embedded: Store) -> None:
    """Nothing is half-written while it is full; with space again it goes on where it was."""
    ready, digest = await approved(embedded)
    async with embedded.database.read() as tx:
        pages = (await tx.execute(text("PRAGMA page_count"))).scalar_one()
    await _pragma(embedded, f"max_page_count={pages + 3}")
    big = [proposal(script=Script("x" * 6000 + str(n), "", "")) for n in range(10)]

    errors = [
        error
        for error in await asyncio.gather(*(embedded.proposals.propose(one) for one in big), return_exceptions=True)
        if isinstance(error, BaseException)
    ]

    assert errors
    assert {type(error) for error in errors} == {ToolFailed}
    assert "is full" in str(errors[0])
    assert "Nothing was written" in str(errors[0])
    kept = {record.proposal.id for record in await embedded.proposals.list()}
    audited = {row.subject for row in await embedded.audit.since(0) if row.what == "proposed"}
    assert kept == audited
    await _pragma(embedded, "max_page_count=1000000")
    await embedded.proposals.propose(proposal())
    assert await embedded.claims.claim(ready, digest, "w1", 30)
    assert (await embedded.verify_audit()).whole
    await embedded.close()


async def test_a_full_database_claims_nothing(embedded: Store) -> None:
    """Where the audit row does not fit, the claim did not happen; the approval is still good afterwards."""
    ready = [await approved(embedded) for _ in range(40)]
    async with embedded.database.read() as tx:
        pages = (await tx.execute(text("PRAGMA page_count"))).scalar_one()
    await _pragma(embedded, f"max_page_count={pages}")

    claimed, refused = [], []
    for found, digest in ready:
        try:
            claimed.append(await embedded.claims.claim(found, digest, "w1", 30))
        except ToolFailed:
            refused.append((found, digest))

    assert refused
    assert {row.subject for row in await embedded.audit.since(0) if row.what == "claimed"} == {
        run.proposal.id for run in claimed if run
    }
    await _pragma(embedded, "max_page_count=1000000")
    assert all([await embedded.claims.claim(found, digest, "w1", 30) for found, digest in refused])
    await embedded.close()


async def test_a_second_process_is_waited_for(embedded: Store, tmp_path: Path) -> None:
    """While another process writes, reading goes on and writing waits its turn."""
    neighbour = sqlite3.connect(tmp_path / "db" / "hilda.db", isolation_level=None, check_same_thread=False)
    neighbour.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.4, neighbour.execute, "COMMIT")

    writing = asyncio.create_task(embedded.audit.note("somebody", "looked"))
    during = await embedded.audit.tail()
    await writing

    neighbour.close()
    assert during == ()
    assert [row.what for row in await embedded.audit.tail()] == ["looked"]
    await embedded.close()


_HOLDS = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


async def test_nothing_else_waits_while_another_process_writes(embedded: Store, tmp_path: Path) -> None:
    """A writer asks again and again; readers and the loop's heart go on, and who went away has written nothing."""
    file = str(tmp_path / "db" / "hilda.db")
    neighbour = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDS, file, "2", stdout=asyncio.subprocess.PIPE
    )
    assert neighbour.stdout is not None
    await neighbour.stdout.readline()
    writing = asyncio.create_task(embedded.audit.note("somebody", "looked"))
    gone = asyncio.create_task(embedded.audit.note("somebody", "went away"))
    beats, seen = 0, []

    while not writing.done():
        await asyncio.sleep(0.01)
        beats += 1
        if beats == 5:
            gone.cancel()
        seen += await embedded.audit.tail()
    await asyncio.gather(neighbour.wait(), writing, gone, return_exceptions=True)

    assert beats > 40
    assert {row.what for row in seen} <= {"looked"}
    assert [row.what for row in await embedded.audit.tail()] == ["looked"]
    await embedded.close()


async def test_the_log_is_brought_into_the_database_beside_the_work(
    embedded: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many writes, by a thread: no commit waits for it, and the log begins anew under steady writes."""
    monkeypatch.setattr(inline_sqlite, "CHECKPOINT_EVERY", 20)
    log = tmp_path / "db" / "hilda.db-wal"
    largest, unchanged, written = 0, 0, 0

    while unchanged < 100 and written < 5000:  # However slow the disk is today.
        await embedded.audit.note("somebody", "looked", f"subject {written}", "x" * 2000)
        await asyncio.sleep(0)
        written += 1
        unchanged = unchanged + 1 if _size(log) <= largest else 0
        largest = max(largest, _size(log))

    assert unchanged == 100, f"{written} writes, and the log of {largest} bytes still grows"
    assert (await embedded.verify_audit()).whole
    await embedded.close()


async def test_a_neighbour_that_never_lets_go_becomes_an_error(
    embedded: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its patience the store says who holds what, and works again when the other is gone."""
    monkeypatch.setattr(inline_sqlite, "PATIENCE_SECONDS", 0.05)
    neighbour = sqlite3.connect(tmp_path / "db" / "hilda.db", isolation_level=None)
    neighbour.execute("BEGIN IMMEDIATE")

    with pytest.raises(ToolFailed, match="held by another process"):
        await embedded.audit.note("somebody", "looked")

    neighbour.close()
    await embedded.audit.note("somebody", "looked")
    await embedded.close()


@pytest.mark.parametrize(
    "content", [b"this is not a database, it is a letter\n" * 200, b"SQLite format 3\x00" + b"\xff" * 5000]
)
async def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    """The start stops with the file's name and what to do; the file is left as it was."""
    file = tmp_path / "db" / "hilda.db"
    _write(file, content)

    with pytest.raises(Misconfigured, match="damaged or not a database") as refusal:
        await Database.open(f"sqlite:///{file}")

    assert str(file) in str(refusal.value)
    assert "backup" in str(refusal.value)
    assert _read(file) == content


async def test_a_database_damaged_in_the_middle_is_named_when_it_is_met(embedded: Store, tmp_path: Path) -> None:
    """Pages overwritten behind the store's back are an error that names the file, not a wrong answer."""
    for number in range(200):
        await embedded.audit.note("somebody", "looked", f"subject {number}", "x" * 200)
    url = embedded.database.address.url.render_as_string()
    await embedded.close()
    _damage(tmp_path / "db" / "hilda.db")

    with pytest.raises(HildaError, match=r"hilda\.db"):
        await _open_and_verify(url, embedded.audit_key.path)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
async def test_a_file_that_may_not_be_written_is_named(folder_mode: int) -> None:
    """A read-only file stops the start with its name, before anything is asked of it."""
    folder = Path(tempfile.mkdtemp(prefix="hilda-readonly-"))
    file = folder / "hilda.db"
    await (await Database.open(f"sqlite:///{file}")).close()

    said = _as_an_ordinary_user(file, folder_mode)

    _remove(folder)
    assert "Misconfigured" in said
    assert f"{file} cannot be opened for writing" in said


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the folder should be stops the start with the database's path."""
    _write(tmp_path / "occupied", b"")

    with pytest.raises(Misconfigured, match=r"occupied/hilda\.db cannot be opened"):
        await Database.open(f"sqlite:///{tmp_path}/occupied/hilda.db")


async def test_a_missing_database_is_not_made_by_whoever_only_reads(tmp_path: Path) -> None:
    """`create=False` says what is missing and leaves nothing behind."""
    with pytest.raises(Misconfigured, match="does not exist"):
        await Database.open(f"sqlite:///{tmp_path}/nowhere/hilda.db", create=False)

    assert not _there(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "not a database's address"),
        ("hilda.db", "not a database's address"),
        ("mysql://root@localhost/hilda", "'mysql' is no database"),
        ("sqlite://", "needs the path of a file"),
        ("sqlite:///:memory:", "needs the path of a file"),
        ("postgresql://localhost", "names no database"),
        ("postgresql://u:p@localhost:notaport/x", "not a database's address"),
    ],
)
async def test_a_wrong_address_stops_the_start(url: str, said: str) -> None:
    """DATABASE_URL is named, and both right forms are shown."""
    with pytest.raises(Misconfigured, match=said) as refusal:
        await Database.open(url)

    assert "DATABASE_URL" in str(refusal.value)
    assert "postgresql://user" in str(refusal.value)


async def test_a_postgresql_that_is_down_stops_the_start() -> None:
    """The address is named without its password."""
    with pytest.raises(Misconfigured, match="cannot be reached") as refusal:
        await Database.open("postgresql://hilda:very-secret@127.0.0.1:9/hilda")

    assert "127.0.0.1:9/hilda" in str(refusal.value)
    assert "very-secret" not in str(refusal.value)
    assert "DATABASE_URL" in str(refusal.value)


@pytest.mark.postgres
async def test_a_postgresql_without_tables_asks_for_migrate(postgres_server: PostgresServer, key_path: Path) -> None:
    """Only `hilda migrate` makes tables there; until then the start says so."""
    url = postgres_server.new_database()

    with pytest.raises(Misconfigured, match="hilda migrate"):
        await Store.open(url, key_path)

    database = await Database.connect(url)
    migrated = [await database.migrate(), await database.migrate()]
    await database.close()
    await (await Store.open(url, key_path)).close()
    assert migrated == [True, False]


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    server = start_postgres()
    yield server
    server.close()


@pytest.mark.postgres
async def test_a_postgresql_that_goes_away_comes_back(own_server: PostgresServer, key_path: Path) -> None:
    """While it is down every call fails with one line; when it is back the same store works, nothing lost."""
    url = own_server.new_database()
    database = await Database.connect(url)
    await database.migrate()
    store = Store(database, load_key(key_path))
    ready, digest = await approved(store)
    own_server.stop()

    with pytest.raises(ToolFailed, match="gave no answer"):
        await store.claims.claim(ready, digest, "w1", 30)

    own_server.start()
    assert await store.claims.claim(ready, digest, "w1", 30)
    await store.close()


async def test_cancelled_work_leaves_nothing_and_holds_nothing(store: Store) -> None:
    """Ctrl-C in the middle of a transaction undoes it, and the next one does not have to wait for it."""
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with store.database.begin() as tx:
            await store.audit.append(tx, "somebody", "tried")
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(never_ends())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with asyncio.timeout(5):
        await store.audit.note("somebody", "looked")
    assert [row.what for row in await store.audit.tail()] == ["looked"]


async def test_a_transaction_inside_a_transaction_is_a_loud_bug(embedded: Store) -> None:
    """It would wait for itself for ever; instead it says what to do."""
    with pytest.raises(RuntimeError, match="pass the first one on"):
        async with embedded.database.begin():
            await embedded.audit.note("somebody", "looked")
    await embedded.close()


async def test_words_no_database_can_hold_are_shown_as_unknown(store: Store) -> None:
    """NUL and half an emoji in what people type stop neither a proposal nor a decision."""
    put = await store.proposals.propose(proposal(title="a\x00b"))

    result = await decide(store, put.id, reason="ok \ud83d\x00")

    record = await store.proposals.get(put.id)
    assert record is not None
    assert result.accepted
    assert record.decisions[0].reason == "ok \ufffd\ufffd"


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def _read(file: Path) -> bytes:
    return file.read_bytes()


def _there(path: Path) -> bool:
    return path.exists()


def _remove(folder: Path) -> None:
    folder.chmod(0o700)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def _damage(file: Path) -> None:
    """Overwrite all but the first two pages."""
    with file.open("r+b") as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(2 * 4096)
        opened.write(b"\xde\xad" * ((size - 2 * 4096) // 2))


async def _open_and_verify(url: str, key: Path) -> None:
    store = await Store.open(url, key)
    try:
        await store.verify_audit()
    finally:
        await store.close()


def _as_an_ordinary_user(file: Path, folder_mode: int) -> str:
    """What opening says to somebody who may read the file and not write it; root may always, so root steps down."""
    file.chmod(0o444)
    file.parent.chmod(folder_mode)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        try:
            asyncio.run(Database.open(f"sqlite:///{file}"))
            os.write(writing, b"it opened")
        except HildaError as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        return said.read()


def _size(file: Path) -> int:
    return file.stat().st_size
