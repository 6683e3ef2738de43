"""Use by workspace, what integrations refused, requests a day of a source; the old by its time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTED = """
    INSERT INTO usage_totals (scope, hour, outcome, count)
    SELECT k.{scope}_id, h.hour, h.outcome, SUM(h.count)
    FROM usage_hours AS h JOIN api_keys AS k ON k.pid = h.pid
    WHERE h.outcome <> '{but}' GROUP BY k.{scope}_id, h.hour, h.outcome
"""


def upgrade() -> None:
    op.create_table(
        "usage_totals",
        sa.Column("scope", _TEXT, nullable=False),
        sa.Column("hour", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("scope", "hour", "outcome", name="pk_usage_totals"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_days",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("agent", _TEXT, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "address", "agent", "day", name="pk_source_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "other_sources",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("sources", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", name="pk_other_sources"),
        sqlite_with_rowid=False,
    )
    op.execute(_COUNTED.format(scope="workspace", but=""))
    op.execute(_COUNTED.format(scope="integration", but="accepted"))
    for table in ("usage_hours", "usage_totals", "integration_hours"):
        op.create_index(f"ix_{table}_hour", table, ["hour"])
    op.create_index("ix_source_days_day", "source_days", ["day"])
