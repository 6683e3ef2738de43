"""Dismissed items of attention, and an index for each kind that has none yet."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INDEXES = {
    "ix_api_keys_workspace_expiring": (
        ["workspace_id", "expires_at", "integration_id", "revoked_at", "expiry_seen_at", "pid"],
        "expires_at IS NOT NULL",
    ),
    "ix_api_keys_workspace_fuses": (
        ["workspace_id", "disabled_until", "pid"],
        "disabled_until IS NOT NULL AND revoked_at IS NULL",
    ),
    "ix_api_keys_integration_living": (
        ["integration_id", "created_at", "pid"],
        "revoked_at IS NULL AND expiry_seen_at IS NULL",
    ),
    "ix_api_keys_workspace_unclaimed": (
        ["workspace_id", "created_at", "pid"],
        "acknowledged_at IS NULL AND last_used_at = 0 AND revoked_at IS NULL "
        "AND expiry_seen_at IS NULL",
    ),
}


def upgrade() -> None:
    op.create_table(
        "attention_dismissals",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("item", _TEXT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "item", name="pk_attention_dismissals"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_attention_dismissals_workspace_id"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_usage_sources_workspace_id_first_seen_at_pid",
        "usage_sources",
        ["workspace_id", "first_seen_at", "pid"],
    )
    op.drop_index("ix_api_keys_workspace_expiring", "api_keys")
    for name, (columns, where) in _INDEXES.items():
        condition = sa.text(where)
        op.create_index(
            name, "api_keys", columns, sqlite_where=condition, postgresql_where=condition
        )
