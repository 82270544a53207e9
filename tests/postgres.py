"""A PostgreSQL server of our own for tests: started once, one fresh database for each test that asks.

Use it from any folder's conftest.py: `from tests.postgres import postgres_server` (a session fixture), then
`postgres_server.new_database()` gives the URL of an empty database.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from tests.needs import MUST_NOT_SKIP

HOW_TO_GET_IT = (
    "PostgreSQL's initdb and pg_ctl are not on PATH: "
    "apt-get install postgresql, then put /usr/lib/postgresql/*/bin on PATH"
)


def _program(name: str) -> str | None:
    found = shutil.which(name)
    if found:
        return found
    # Debian keeps the server's programs off PATH; the newest version wins.
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(installed[-1]) if installed else None


def _program_of_root(name: str) -> str:
    """Root's own programs may be there and not on PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or name


@dataclass
class PostgresServer:
    """Listens on a unix socket in its own folder, so that several test runs never meet."""

    folder: Path
    pg_ctl: str
    as_postgres: tuple[str, ...]
    durable: bool = False
    """Whether what is committed is on the disk: a bench pays for that, tests need not."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self, template: str = "template1") -> str:
        """The URL of a fresh database, a copy of `template`."""
        name = f"test_{next(self._numbers)}"
        self._sql(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.url(name)

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        fsync = "on" if self.durable else "off"
        options = f"-k {self.folder} -c listen_addresses='' -c fsync={fsync} -c max_connections=120"
        self._run(self.pg_ctl, "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def stop(self) -> None:
        self._run(self.pg_ctl, "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def close(self) -> None:
        """Stop it, if it runs, and remove its folder."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *command: str) -> None:
        subprocess.run([*self.as_postgres, *command], check=True, capture_output=True, cwd=self.folder)


def start_postgres(*, durable: bool = False) -> PostgresServer:
    """Start a server, or skip with the way to get one."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if initdb is None or pg_ctl is None:
        if os.environ.get(MUST_NOT_SKIP) == "1":
            raise RuntimeError(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    # PostgreSQL refuses to run as root, and its own user cannot enter pytest's private folders.
    folder = Path(tempfile.mkdtemp(prefix="hilda-pg-"))
    as_postgres: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_postgres = (_program_of_root("runuser"), "-u", "postgres", "--")
    server = PostgresServer(folder, pg_ctl, as_postgres, durable)
    try:
        server._run(
            initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        server.start()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = start_postgres()
    yield server
    server.close()
