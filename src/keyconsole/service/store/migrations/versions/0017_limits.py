"""A key may have limits, and what was let through is counted for all processes together."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("limits", sa.JSON(none_as_null=True)))
    op.create_table(
        "limit_counts",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("counter", _TEXT, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "counter", name="pk_limit_counts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_limit_counts_ends_at", "limit_counts", ["ends_at"])
