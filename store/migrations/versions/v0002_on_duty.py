"""What being on duty needs: alerts, incidents with an owner, the clock's slots, subscriptions, mutes and API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _incidents()
    _outbox()
    _alerts()
    _clock()
    _keys()


def _growing(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _incidents() -> None:
    op.drop_index("uq_incident_open_cause_key", "incident")
    for name in ("severity", "owner", "acknowledged_by", "merged_into", "announced"):
        op.add_column("incident", _words(name))
    for name in ("acknowledged_at", "resolved_at", "snoozed_until"):
        op.add_column("incident", sa.Column(name, sa.BigInteger, nullable=True))
    alive = sa.text("state <> 'closed'")
    op.create_index(
        "uq_incident_alive_cause_key",
        "incident",
        ["cause_key"],
        unique=True,
        sqlite_where=alive,
        postgresql_where=alive,
    )


def _outbox() -> None:
    op.create_index("ix_outbox_post", "outbox", ["post"], postgresql_ops={"post": "text_pattern_ops"})


def _alerts() -> None:
    op.create_table(
        "alert",
        _growing("id"),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("group_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("annotations", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ended", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("suppressed", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("resolved_at", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("fingerprint", "started_at", name="uq_alert_fingerprint_started_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_group_key", "alert", ["group_key", "state"])
    op.create_index("ix_alert_incident", "alert", ["incident"])
    op.create_index("ix_alert_state", "alert", ["state", "seen_at"])


def _clock() -> None:
    op.create_table(
        "slot",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("due_at", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "subscription",
        sa.Column("conversation", sa.Text, primary_key=True, nullable=False),
        sa.Column("what", sa.Text, primary_key=True, nullable=False),
        sa.Column("hour", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "reference",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "mute",
        sa.Column("conversation", sa.Text, primary_key=True, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("revoked_at", sa.BigInteger, nullable=True),
        sa.Column("used_at", sa.BigInteger, nullable=True),
    )
    op.create_index("ix_api_key_name", "api_key", ["name"])
