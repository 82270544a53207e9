"""The store as one thing: open it once, then ask its parts."""

from pathlib import Path

from domain.errors import Misconfigured
from store.conversations import Conversations
from store.database import Database
from store.day import DayBook
from store.identities import Identities
from store.incident_states import IncidentStates
from store.incidents import Incidents
from store.keys import Keys
from store.ledger.audit import Audit
from store.ledger.audit_check import AuditVerdict, audit_rows, refuse_a_stranger, verify
from store.ledger.audit_key import AuditKey, ensure_key, load_key
from store.ledger.claims import Claims
from store.ledger.decisions import Decisions
from store.ledger.proposals import Proposals
from store.ledger.settling import Settling
from store.ledger.stop_switch import StopSwitch
from store.mutes import Mutes
from store.ratings import Ratings
from store.storms import Storms
from store.subscriptions import Subscriptions
from store.work.alerts import Alerts
from store.work.jobs import Jobs
from store.work.journal import Journal
from store.work.outbox import Outbox
from store.work.slots import Slots


class Store:
    """Each part is a small class in a file of its own; this only puts them together."""

    def __init__(self, database: Database, audit_key: AuditKey) -> None:
        self.database = database
        self.audit_key = audit_key
        self.audit = Audit(database, audit_key)
        self.identities = Identities(database, audit_key, self.audit)
        self.proposals = Proposals(database, self.audit)
        self.decisions = Decisions(database, audit_key, self.audit, self.identities)
        self.claims = Claims(database, audit_key, self.audit, self.identities)
        self.settling = Settling(database, self.audit)
        self.stop_switch = StopSwitch(database, self.audit)
        self.jobs = Jobs(database)
        self.outbox = Outbox(database)
        self.journal = Journal(database)
        self.alerts = Alerts(database)
        self.slots = Slots(database)
        self.day = DayBook(database)
        self.subscriptions = Subscriptions(database, self.audit, self.slots, self.jobs)
        self.incidents = Incidents(database)
        self.incident_states = IncidentStates(database)
        self.storms = Storms(database)
        self.conversations = Conversations(database)
        self.mutes = Mutes(database, self.audit)
        self.keys = Keys(database, audit_key, self.audit, self.identities)
        self.ratings = Ratings(database, self.audit)

    @classmethod
    async def open(cls, url: str, audit_key: Path, *, create: bool = True) -> "Store":
        """Open database and key together.

        Misconfigured when the key is missing although the audit has rows, is not the one they were signed with, or
        lies beside the database. With `create`, a new SQLite database gets its key here; PostgreSQL gets it from
        `hilda migrate`.
        """
        database = await Database.open(url, create=create)
        try:
            key = await key_for(database, audit_key, create=create and database.address.file is not None)
        except BaseException:
            await database.close()
            raise
        return cls(database, key)

    async def verify_audit(self) -> AuditVerdict:
        return await verify(self.database, self.audit_key)

    async def close(self) -> None:
        await self.database.close()


async def key_for(database: Database, path: Path, *, create: bool) -> AuditKey:
    """The key that belongs to this database; made when `create` and nothing was signed yet."""
    _refuse_neighbours(path, database.address.file)
    key = _key_at(path, database.address.shown, await audit_rows(database), create=create)
    await refuse_a_stranger(database, key)
    return key


def _key_at(path: Path, shown: str, rows: int, *, create: bool) -> AuditKey:
    if path.exists():
        return load_key(path)
    if rows:
        raise Misconfigured(
            f"The audit key {path} is missing, and the audit of {shown} has {rows} rows signed with it. "
            "Put the key back from a backup; a new one cannot continue that record."
        )
    return ensure_key(path) if create else load_key(path)


def _refuse_neighbours(path: Path, file: Path | None) -> None:
    if file and path.expanduser().resolve().is_relative_to(file.resolve().parent):
        raise Misconfigured(
            f"The audit key {path} lies in the folder of the database {file}: whoever writes there could forge "
            "the record. Put the key into another folder."
        )
