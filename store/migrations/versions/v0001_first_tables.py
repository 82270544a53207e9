"""The first tables, and triggers that keep what was approved and what was audited as it was written."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_FROZEN_COLUMNS = (
    "id", "digest", "canonical", "likeness", "cluster", "namespace", "requester", "conversation", "incident",
    "cause_key", "title", "risk", "created_at", "expires_at", "stored_at",
)  # fmt: skip


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def _growing(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True)


def _only(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _sqlite_triggers() -> None:
    for table in ("audit", "decision"):
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END"
            )
    op.execute(
        f"CREATE TRIGGER proposal_frozen BEFORE UPDATE OF {', '.join(_FROZEN_COLUMNS)} ON proposal "
        "BEGIN SELECT RAISE(ABORT, 'a proposal is never changed'); END"
    )
    op.execute(
        "CREATE TRIGGER proposal_no_delete BEFORE DELETE ON proposal "
        "BEGIN SELECT RAISE(ABORT, 'a proposal is never deleted'); END"
    )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION hilda_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME; END $$"
    )
    for table in ("audit", "decision"):
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION hilda_refuse()"
        )
    op.execute(
        f"CREATE TRIGGER proposal_frozen BEFORE UPDATE OF {', '.join(_FROZEN_COLUMNS)} OR DELETE ON proposal "
        "FOR EACH ROW EXECUTE FUNCTION hilda_refuse()"
    )
    for table in ("audit", "decision", "proposal"):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION hilda_refuse()"
        )


def _tables() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    op.create_table(
        "proposal",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("likeness", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("cause_key", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("risk", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("state_at", sa.BigInteger, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("claimed_by", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=True),
        sa.Column("revoked_at", sa.BigInteger, nullable=True),
        sa.Column("revoked_by", sa.Text, nullable=False),
    )
    op.create_index("ix_proposal_conversation", "proposal", ["conversation", "stored_at"])
    op.create_index("ix_proposal_state", "proposal", ["state", "cluster"])
    _only(
        "uq_proposal_open_likeness", "proposal", "likeness", "state IN ('proposed', 'approved', 'claimed', 'started')"
    )
    op.create_table(
        "decision",
        _growing("id"),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("human", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("approvers", sa.Integer, nullable=False),
        sa.Column("not_the_requester", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
        sa.UniqueConstraint("proposal", "person", name="uq_decision_proposal_person"),
    )
    op.create_table(
        "execution",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=True),
        sa.Column("finished_at", sa.BigInteger, nullable=True),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=True),
        sa.UniqueConstraint("proposal", name="uq_execution_proposal"),
    )
    op.create_index("ix_execution_state", "execution", ["state", "lease_until"])
    op.create_table(
        "switch",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity",
        sa.Column("person", sa.Text, primary_key=True, nullable=False),
        sa.Column("human", sa.Text, nullable=False),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("kube_user", sa.Text, nullable=False),
        sa.Column("bound_by", sa.Text, nullable=False),
        sa.Column("bound_at", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.Text, nullable=False),
    )
    op.create_index("ix_identity_human", "identity", ["human"])
    op.create_table(
        "job",
        _growing("id"),
        sa.Column("dedup_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("run_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("most_attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=True),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("dedup_key", name="uq_job_dedup_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_conversation", "job", ["conversation", "state", "id"])
    op.create_index("ix_job_state", "job", ["state", "run_at"])
    _only("uq_job_running_conversation", "job", "conversation", "state = 'running' AND conversation <> ''")
    op.create_table(
        "outbox",
        _growing("id"),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("replaces", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("run_at", sa.BigInteger, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_door", "outbox", ["door", "state", "run_at"])
    op.create_table(
        "journal",
        _growing("id"),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_topic", "journal", ["topic", "id"])
    op.create_table(
        "incident",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("cause_key", sa.Text, nullable=False),
        sa.Column("cause_code", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger, nullable=True),
    )
    op.create_index("ix_incident_state", "incident", ["state", "opened_at"])
    _only("uq_incident_open_cause_key", "incident", "cause_key", "state = 'open'")
    op.create_table(
        "incident_entry",
        _growing("id"),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("incident", "key", name="uq_incident_entry_incident_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "fix",
        sa.Column("proposal", sa.Text, primary_key=True, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("cause_code", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("commands", sa.Text, nullable=False),
        sa.Column("helped", sa.Boolean, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_fix_cause_code", "fix", ["cause_code", "at"])
    op.create_table(
        "evidence",
        sa.Column("conversation", sa.Text, primary_key=True, nullable=False),
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("observation", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "answer",
        sa.Column("conversation", sa.Text, primary_key=True, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "message",
        _growing("id"),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("conversation", "delivery", name="uq_message_conversation_delivery"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_conversation", "message", ["conversation", "id"])
    op.create_table(
        "reading",
        sa.Column("person", sa.Text, primary_key=True, nullable=False),
        sa.Column("conversation", sa.Text, primary_key=True, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
    )
