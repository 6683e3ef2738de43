"""Stores the decisions that were made by the clock, and the state of the clock."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNSEEN = sa.text("expires_at IS NOT NULL AND expiry_seen_at IS NULL AND revoked_at IS NULL")
_SEEN = sa.text("expiry_seen_at IS NOT NULL")
_OPEN = sa.text("replay_closed_at IS NULL")


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("expiry_seen_at", sa.BigInteger))
    op.add_column("operator_tokens", sa.Column("expiry_seen_at", sa.BigInteger))
    op.add_column("operator_tokens", sa.Column("replay_closed_at", sa.BigInteger))
    op.add_column("idempotency", sa.Column("replay_closed_at", sa.BigInteger))
    op.create_index(
        "ix_api_keys_expiry_unseen",
        "api_keys",
        ["expires_at", "pid"],
        sqlite_where=_UNSEEN,
        postgresql_where=_UNSEEN,
    )
    for scope in ("workspace", "integration"):
        op.create_index(
            f"ix_api_keys_{scope}_seen_expired",
            "api_keys",
            [f"{scope}_id", "expiry_seen_at", "pid"],
            sqlite_where=_SEEN,
            postgresql_where=_SEEN,
        )
    op.create_index(
        "ix_idempotency_open",
        "idempotency",
        ["created_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "clock_state",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger, nullable=False),
        sa.Column("acceptances", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.BigInteger, nullable=False),
        sa.Column("disregarded_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_state"),
    )
    op.execute("INSERT INTO clock_state VALUES (1, 0, 0, 0, 0)")
    op.create_table(
        "accepted_histories",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("checkpoint", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_accepted_histories"),
    )
