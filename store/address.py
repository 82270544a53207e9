"""Where a database is: `DATABASE_URL` read, checked, and made presentable."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import Misconfigured

_SQLITE = {"sqlite", "sqlite+aiosqlite"}
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
_FORMS = "Use sqlite:////absolute/path/hilda.db or postgresql://user:password@host:5432/name."


@dataclass(frozen=True, slots=True)
class Address:
    url: URL
    """With the driver that is used."""
    file: Path | None
    """The database's file on SQLite, None on PostgreSQL."""

    @property
    def shown(self) -> str:
        """How people and logs see it: never with a password."""
        if self.file:
            return f"The SQLite database {self.file}"
        return f"The PostgreSQL database {self.url.render_as_string(hide_password=True)}"

    @property
    def key(self) -> str:
        """The same text for the same database, without anything secret."""
        return f"sqlite:{self.file}" if self.file else f"postgresql:{self.url.host}:{self.url.port}:{self.url.database}"


def read_address(url: str) -> Address:
    """What `DATABASE_URL` says; Misconfigured when it says nothing that can be used."""
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError) as error:
        raise Misconfigured(f"DATABASE_URL is not a database's address. {_FORMS}") from error
    if parsed.drivername in _SQLITE:
        if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
            raise Misconfigured(f"DATABASE_URL: SQLite needs the path of a file here. {_FORMS}")
        file = Path(parsed.database).expanduser().absolute()
        return Address(parsed.set(drivername="sqlite+aiosqlite", database=str(file)), file)
    if parsed.drivername in _POSTGRESQL:
        if not parsed.database:
            raise Misconfigured(f"DATABASE_URL names no database on its PostgreSQL server. {_FORMS}")
        return Address(parsed.set(drivername="postgresql+psycopg"), None)
    raise Misconfigured(f"DATABASE_URL: {parsed.drivername!r} is no database that Hilda can use. {_FORMS}")
