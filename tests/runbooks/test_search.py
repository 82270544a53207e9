"""Finding the runbook that fits, and saying so when none does; the index behind it under bad conditions."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import Misconfigured, ToolFailed
from runbooks.library import load
from runbooks.pages import Page, pages_of, read_pages
from runbooks.search import RunbookSearch

SHELF = {
    "db/PostgresReplicationLag": """# PostgresReplicationLag

A replica is behind the primary: its write-ahead log arrives late.

## Mitigation

Look for long transactions on the replica and for a slow disk.
""",
    "db/too-many-connections": """# Too many connections

The database refuses clients because all its connection slots are taken.

```sh
# who holds them
psql -c 'select * from pg_stat_activity'
```
""",
    "node/disk-full": """---
title: A node's disk is full
---

The filesystem of a node has no space left; pods are evicted.

## Mitigation

Remove old images and logs.
""",
    "node/ClockSkew": "# ClockSkew\n\nThe clock of a host is ahead or behind. NTP is not synchronising.\n",
    "net/dns": "Names cannot be resolved inside the cluster because CoreDNS fails or is overloaded.\n",
    "certs/expiry": "# Certificate expires soon\n\nA TLS certificate ends within days; clients will refuse it.\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shelf")
    for name, text in SHELF.items():
        path = root / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache") / "indexes"


@pytest.fixture
def search(folder: Path, cache: Path) -> RunbookSearch:
    return RunbookSearch.open(cache, read_pages(folder))


def test_plain_markdown_is_read_with_its_path_as_id_and_a_title_from_wherever_there_is_one(folder: Path) -> None:
    """Front matter, first heading, or the file's name; a comment in a code block is no heading."""
    titles = {page.id: page.title for page in read_pages(folder)}

    assert titles == {
        "certs/expiry": "Certificate expires soon",
        "db/PostgresReplicationLag": "PostgresReplicationLag",
        "db/too-many-connections": "Too many connections",
        "net/dns": "dns",
        "node/ClockSkew": "ClockSkew",
        "node/disk-full": "A node's disk is full",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("The standby is 300 s behind the primary", "db/PostgresReplicationLag"),
        ("FATAL: sorry, too many clients already, connection slots taken", "db/too-many-connections"),
        ("no space left on device, pod evicted", "node/disk-full"),
        ("time on 10.0.4.12:9100 is out of sync, check NTP", "node/ClockSkew"),
        ("lookups of service names fail", "net/dns"),
        ("TLS certificate of web-6f7c9 expires in 3 days", "certs/expiry"),
    ],
)
def test_the_right_runbook_comes_first_in_other_words(search: RunbookSearch, query: str, expected: str) -> None:
    """People do not ask in the runbook's own words."""
    hits = search.ranking(query)

    assert hits[0].id == expected


@pytest.mark.parametrize(
    "query", ["what is for lunch", "Kafka consumer group lags", "kiss me", "42", "", "???", "\x00\u202e", "x" * 5000]
)
def test_where_nothing_fits_nothing_is_offered(search: RunbookSearch, query: str) -> None:
    """An empty answer is an answer."""
    assert search.search(query) == ()


@pytest.mark.parametrize("query", ["ClockSkew", "alert clock_skew fired", "clock-skew", "why ClockSkew on host-7?"])
def test_who_writes_the_exact_name_gets_that_page(search: RunbookSearch, query: str) -> None:
    """An alert's name finds the runbook of that name, however its parts are joined."""
    hits = search.search(query)

    assert (hits[0].id, hits[0].score) == ("node/ClockSkew", 1.0)


def test_a_hit_carries_the_piece_that_fits(search: RunbookSearch) -> None:
    """Title, section and an excerpt without line breaks."""
    hit = search.search("remove old images because the disk is full")[0]

    assert (hit.title, hit.section) == ("A node's disk is full", "Mitigation")
    assert "Remove old images and logs." in hit.excerpt
    assert "\n" not in hit.excerpt


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pods are in ImagePullBackOff after the rollout", "image-pull"),
        ("OOMKilled", "out-of-memory"),
        ("a key of the ConfigMap is missing", "config-missing"),
        ("containers restart again and again, CrashLoopBackOff", "crash-loop"),
        ("all connections of the pool are in use and everything is slow", "pool-exhausted"),
        ("etcd leader changes", None),
        ("certificate expired", None),
    ],
)
def test_our_own_library_can_be_searched_too(cache: Path, query: str, expected: str | None) -> None:
    """Five runbooks are few, and still what is not among them is not offered."""
    search = RunbookSearch.open(cache, pages_of(load()))

    hits = search.search(query)

    assert (hits[0].id if hits else None) == expected


def test_the_same_content_is_indexed_once_and_a_change_gets_its_own_index(folder: Path, tmp_path: Path) -> None:
    """A folder's name is its content, the model and the dimension, so nothing is ever mixed."""
    pages = read_pages(folder)

    RunbookSearch.open(tmp_path, pages).close()
    first = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.is_dir()}
    RunbookSearch.open(tmp_path, pages).close()
    RunbookSearch.open(tmp_path, (*pages, Page("new", "New", "Something new."))).close()

    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.is_dir()}
    assert len(after) == 2
    assert len(first) == 1
    assert all("-256" in name for name in after)


def test_old_indexes_do_not_pile_up(tmp_path: Path) -> None:
    """Runbooks change every day; the disk does not fill with what they were."""
    for day in range(7):
        RunbookSearch.open(tmp_path, [Page("a", "A", f"On day {day} it was so.")]).close()

    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 4


OPENS = """
import logging, sys
from runbooks.pages import read_pages
from runbooks.search import RunbookSearch
search = RunbookSearch.open(sys.argv[1], read_pages(sys.argv[2]))
print(search.search("the clock of a host is behind")[0].id, logging.getLogger().handlers)
"""


@pytest.mark.timeout(180)
def test_processes_that_start_at_once_share_one_index(folder: Path, tmp_path: Path) -> None:
    """Three build at the same time on an empty cache: one index, three right answers, no noise on stderr."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", OPENS, str(tmp_path / "cache"), str(folder)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]

    ended = [process.communicate(timeout=150) for process in running]

    assert ended == [("node/ClockSkew []\n", "")] * 3
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir() and ".half" in path.name] == []
    assert len([path for path in (tmp_path / "cache").iterdir() if path.is_dir()]) == 1


def test_a_ruined_index_is_built_anew(folder: Path, tmp_path: Path) -> None:
    """It is derived, so a truncated file costs a second and not an incident."""
    pages = read_pages(folder)
    RunbookSearch.open(tmp_path, pages).close()
    (built,) = (path for path in tmp_path.iterdir() if path.is_dir())
    (built / "vectors" / "chroma.sqlite3").write_bytes(b"not a database")
    (built / "weights.npy").write_bytes(b"")

    search = RunbookSearch.open(tmp_path, pages)

    assert search.search("the clock of a host is behind")[0].id == "node/ClockSkew"


def test_a_build_that_was_killed_leaves_nothing_that_is_taken_for_an_index(folder: Path, tmp_path: Path) -> None:
    """Only a finished index gets its name."""
    pages = read_pages(folder)
    RunbookSearch.open(tmp_path, pages).close()
    (built,) = (path for path in tmp_path.iterdir() if path.is_dir())
    built.rename(built.with_name(built.name + ".half"))

    RunbookSearch.open(tmp_path, pages).close()

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [built.name]


def test_a_cache_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    """No traceback about a file nobody knows."""
    (tmp_path / "file").write_text("")

    with pytest.raises(ToolFailed, match="needs a folder it can write to"):
        RunbookSearch.open(tmp_path / "file", [Page("a", "A", "Something.")])


@pytest.mark.parametrize(
    ("name", "value"), [("CHROMA_SERVER_HOST", "db"), ("CHROMA_API_IMPL", "chromadb.api.fastapi.FastAPI")]
)
def test_a_chroma_server_is_refused(name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its HTTP client is where the holes are, so a setting that asks for it stops the start."""
    monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match=name):
        RunbookSearch.open(tmp_path, [Page("a", "A", "Something.")])


def test_a_dotenv_of_the_folder_does_not_reach_chroma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chroma reads .env by itself; with it, an index built here could not be opened elsewhere."""
    pages = [Page("a", "A", "Something.")]
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".env").write_text("MIGRATIONS_HASH_ALGORITHM=sha256\nPERSIST_DIRECTORY=/nowhere\nTOKEN=x\n")
    monkeypatch.chdir(tmp_path / "here")
    RunbookSearch.open(tmp_path / "cache", pages).close()
    (built,) = (path for path in (tmp_path / "cache").iterdir() if path.is_dir())
    first = built.stat().st_ino

    monkeypatch.chdir(tmp_path)
    RunbookSearch.open(tmp_path / "cache", pages).close()

    assert built.stat().st_ino == first
    assert {path.name for path in tmp_path.iterdir()} == {"here", "cache"}


def test_an_empty_shelf_answers_nothing(tmp_path: Path) -> None:
    """No runbooks is no error."""
    search = RunbookSearch.open(tmp_path, [])

    assert search.search("anything at all") == ()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong setting is said by name."""
    with pytest.raises(Misconfigured, match="nowhere"):
        read_pages(tmp_path / "nowhere")


def test_searching_leaves_logging_as_it_was(search: RunbookSearch) -> None:
    """bm25s would say what it does to whoever listens; the processes above show that no handler is added."""
    assert search.search("the clock of a host is behind")

    assert logging.getLogger("bm25s").level == logging.WARNING
