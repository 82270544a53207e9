"""What a database driver complains about, said so that a person knows what to do; anything else stays a loud bug."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import HildaError, Misconfigured, ToolFailed

# Words of the drivers, lower case, and what they mean; the first that fits wins.
_FULL = ("database or disk is full", "no space left", "disk full", "could not extend file")
_DAMAGED = ("file is not a database", "malformed", "file is encrypted")
_UNWRITABLE = ("readonly database", "read-only", "unable to open database file", "permission denied")
_BUSY = ("database is locked", "database table is locked", "lock timeout", "deadlock detected")
_BROKEN_DISK = ("disk i/o error",)


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Everything inside fails in our own words; `where` names the database without its password."""
    try:
        yield
    except DBAPIError as error:
        known = explain(error, where)
        if known is None:
            raise
        raise known from error
    except PoolTimeout as error:
        raise ToolFailed(f"{where}: no connection became free within its time. Try again.") from error


def explain(error: DBAPIError, where: str) -> HildaError | None:
    """Our error for the driver's, or None for what only a bug can cause."""
    said = " ".join(str(error.orig).split())
    plain = said.lower()

    def speaks_of(words: tuple[str, ...]) -> bool:
        return any(word in plain for word in words)

    if speaks_of(_FULL):
        return ToolFailed(f"{where} is full ({said}). Nothing was written. Free some space and try again.")
    if speaks_of(_DAMAGED):
        return Misconfigured(
            f"{where} is damaged or not a database of Hilda's ({said}). "
            "Move the file away to begin anew, or put a backup in its place."
        )
    if speaks_of(_UNWRITABLE):
        return Misconfigured(
            f"{where} cannot be opened for writing ({said}). "
            "Check owner and mode of the file and its folder, or point DATABASE_URL elsewhere."
        )
    if speaks_of(_BUSY):
        return ToolFailed(f"{where} was held by another process for too long ({said}). Nothing was written. Try again.")
    if speaks_of(_BROKEN_DISK):
        return ToolFailed(f"{where}: the disk below it fails ({said}). Nothing was written.")
    # On PostgreSQL this is the server. SQLite has none: what is left there ("no such table") is a bug.
    from_server = type(error.orig).__module__.startswith("psycopg") and isinstance(
        error, OperationalError | InterfaceError
    )
    if error.connection_invalidated or from_server:
        return ToolFailed(f"{where} gave no answer ({said}). Nothing was written. Check that it runs, then try again.")
    return None
