"""All tables on one page. The migrations bring a database here; a test compares the two."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, UniqueConstraint, text

from store.columns import JsonText, growing, moment, words

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)


def _id(name: str = "id") -> Column[str]:
    column = words(name, default=None)
    column.primary_key = True
    return column


def _only(table: str, column: str, where: str, *, name: str) -> None:
    """At most one row per value of `column` among the rows that `where` names; the database itself keeps it so."""
    found = metadata.tables[table]
    Index(name, found.c[column], unique=True, sqlite_where=text(where), postgresql_where=text(where))


# The ledger: what acting stands on.

audit = Table(
    "audit",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    words("who"),
    words("what"),
    words("subject"),
    words("why"),
    words("result"),
    words("details", default="{}"),
    words("algorithm", default=None),
    words("previous", default=None),
    words("mac", default=None),
    Index("ix_audit_subject", "subject"),
)

proposal = Table(
    "proposal",
    metadata,
    _id(),
    words("digest", default=None),
    Column("canonical", LargeBinary, nullable=False),
    words("likeness", default=None),
    words("cluster"),
    words("namespace"),
    words("requester"),
    words("conversation"),
    words("incident"),
    words("cause_key"),
    words("title"),
    words("risk"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    words("state", default=None),
    Column("state_at", BigInteger, nullable=False),
    words("why"),
    words("claimed_by"),
    moment("claimed_at"),
    moment("revoked_at"),
    words("revoked_by"),
    Index("ix_proposal_state", "state", "cluster"),
    Index("ix_proposal_conversation", "conversation", "stored_at"),
)
_only(
    "proposal",
    "likeness",
    "state IN ('proposed', 'approved', 'claimed', 'started')",
    name="uq_proposal_open_likeness",
)

decision = Table(
    "decision",
    metadata,
    growing(),
    words("proposal", default=None),
    words("digest", default=None),
    words("person", default=None),
    words("human", default=None),
    words("verdict", default=None),
    words("reason"),
    Column("role", Integer, nullable=False),
    Column("approvers", Integer, nullable=False),
    Column("not_the_requester", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    words("mac", default=None),
    UniqueConstraint("proposal", "person"),
)

execution = Table(
    "execution",
    metadata,
    _id(),
    words("proposal", default=None),
    words("worker", default=None),
    words("token", default=None),
    words("state", default=None),
    Column("claimed_at", BigInteger, nullable=False),
    moment("started_at"),
    moment("finished_at"),
    Column("lease_until", BigInteger, nullable=False),
    Column("outcome", JsonText, nullable=True),
    UniqueConstraint("proposal"),
    Index("ix_execution_state", "state", "lease_until"),
)

switch = Table(
    "switch",
    metadata,
    _id("name"),
    words("by"),
    words("why"),
    Column("at", BigInteger, nullable=False),
)

identity = Table(
    "identity",
    metadata,
    _id("person"),
    words("human", default=None),
    Column("role", Integer, nullable=False),
    words("kube_user"),
    words("bound_by"),
    Column("bound_at", BigInteger, nullable=False),
    words("mac", default=None),
    Index("ix_identity_human", "human"),
)

# Work: how it survives a crash and reaches everyone concerned.

job = Table(
    "job",
    metadata,
    growing(),
    words("dedup_key", default=None),
    words("kind", default=None),
    Column("payload", JsonText, nullable=False),
    words("conversation"),
    words("state", default=None),
    Column("run_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("most_attempts", Integer, nullable=False),
    words("owner"),
    moment("lease_until"),
    words("error"),
    Column("at", BigInteger, nullable=False),
    moment("ended_at"),
    UniqueConstraint("dedup_key"),
    Index("ix_job_state", "state", "run_at"),
    Index("ix_job_conversation", "conversation", "state", "id"),
    sqlite_autoincrement=True,
)
_only("job", "conversation", "state = 'running' AND conversation <> ''", name="uq_job_running_conversation")

outbox = Table(
    "outbox",
    metadata,
    growing(),
    words("key", default=None),
    words("conversation"),
    words("door", default=None),
    Column("payload", JsonText, nullable=False),
    words("replaces"),
    words("state", default=None),
    words("post"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("run_at", BigInteger, nullable=False),
    words("error"),
    Column("at", BigInteger, nullable=False),
    moment("sent_at"),
    UniqueConstraint("key"),
    Index("ix_outbox_door", "door", "state", "run_at"),
    # PostgreSQL finds a prefix in such an index, whatever its language.
    Index("ix_outbox_post", "post", postgresql_ops={"post": "text_pattern_ops"}),
    sqlite_autoincrement=True,
)

journal = Table(
    "journal",
    metadata,
    growing(),
    words("topic", default=None),
    words("event", default=None),
    Column("payload", JsonText, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_journal_topic", "topic", "id"),
    sqlite_autoincrement=True,
)

# What is remembered of incidents and conversations.

incident = Table(
    "incident",
    metadata,
    _id(),
    words("cause_key", default=None),
    words("cause_code"),
    words("cluster"),
    words("namespace"),
    words("kind"),
    words("name"),
    words("title"),
    words("conversation"),
    words("state", default=None),
    words("summary"),
    Column("opened_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    moment("closed_at"),
    words("severity"),
    words("owner"),
    words("acknowledged_by"),
    words("merged_into"),
    words("announced"),
    moment("acknowledged_at"),
    moment("resolved_at"),
    moment("snoozed_until"),
    Index("ix_incident_state", "state", "opened_at"),
)
_only("incident", "cause_key", "state <> 'closed'", name="uq_incident_alive_cause_key")

incident_entry = Table(
    "incident_entry",
    metadata,
    growing(),
    words("incident", default=None),
    words("kind", default=None),
    words("text"),
    Column("details", JsonText, nullable=False),
    words("key", default=None),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("incident", "key"),
    sqlite_autoincrement=True,
)

fix = Table(
    "fix",
    metadata,
    _id("proposal"),
    words("incident"),
    words("cause_code", default=None),
    words("cluster"),
    words("namespace"),
    words("kind"),
    words("name"),
    words("title"),
    words("author"),
    Column("commands", JsonText, nullable=False),
    Column("helped", Boolean, nullable=True),
    Column("at", BigInteger, nullable=False),
    Index("ix_fix_cause_code", "cause_code", "at"),
)

evidence = Table(
    "evidence",
    metadata,
    _id("conversation"),
    _id(),
    Column("observation", JsonText, nullable=False),
    Column("at", BigInteger, nullable=False),
)

answer = Table(
    "answer",
    metadata,
    _id("conversation"),
    Column("answer", JsonText, nullable=False),
    Column("at", BigInteger, nullable=False),
)

message = Table(
    "message",
    metadata,
    growing(),
    words("conversation", default=None),
    words("delivery", default=None),
    words("who"),
    words("text"),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("conversation", "delivery"),
    Index("ix_message_conversation", "conversation", "id"),
    sqlite_autoincrement=True,
)

reading = Table(
    "reading",
    metadata,
    _id("person"),
    _id("conversation"),
    Column("cursor", BigInteger, nullable=False),
)

# Being on duty: what comes by itself, and what is said unasked.

alert = Table(
    "alert",
    metadata,
    growing(),
    words("fingerprint", default=None),
    Column("started_at", BigInteger, nullable=False),
    words("source"),
    words("group_key", default=None),
    words("name", default=None),
    words("severity"),
    Column("labels", JsonText, nullable=False),
    Column("annotations", JsonText, nullable=False),
    words("link"),
    words("state", default=None),
    words("ended"),
    words("cluster"),
    words("suppressed"),
    words("incident"),
    Column("at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    moment("resolved_at"),
    UniqueConstraint("fingerprint", "started_at"),
    Index("ix_alert_group_key", "group_key", "state"),
    Index("ix_alert_incident", "incident"),
    Index("ix_alert_state", "state", "seen_at"),
    sqlite_autoincrement=True,
)

slot = Table(
    "slot",
    metadata,
    _id("name"),
    Column("due_at", BigInteger, primary_key=True, autoincrement=False),
    words("by"),
    Column("at", BigInteger, nullable=False),
)

subscription = Table(
    "subscription",
    metadata,
    _id("conversation"),
    _id("what"),
    words("hour", default=None),
    words("zone", default=None),
    Column("filters", JsonText, nullable=False),
    words("by"),
    Column("at", BigInteger, nullable=False),
    moment("last_at"),
)

mute = Table(
    "mute",
    metadata,
    _id("conversation"),
    Column("until", BigInteger, nullable=False),
    words("by"),
    Column("at", BigInteger, nullable=False),
)

reference = Table(
    "reference",
    metadata,
    _id("name"),
    Column("address", JsonText, nullable=False),
    Column("at", BigInteger, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    _id(),
    words("name", default=None),
    words("hash", default=None),
    Column("role", Integer, nullable=False),
    words("made_by"),
    Column("made_at", BigInteger, nullable=False),
    moment("expires_at"),
    moment("revoked_at"),
    moment("used_at"),
    Index("ix_api_key_name", "name"),
)
