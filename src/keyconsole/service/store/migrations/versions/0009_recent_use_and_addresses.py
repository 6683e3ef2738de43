"""Counts of the last minute are shared between processes; a bulk revoke keeps its address."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "usage_seconds",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("second", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "second", name="pk_usage_seconds"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_seconds_second", "usage_seconds", ["second"])
    op.add_column("revocations", sa.Column("address", _TEXT))
