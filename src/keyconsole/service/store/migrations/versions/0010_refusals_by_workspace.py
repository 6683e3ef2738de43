"""Refusals are found by the workspace or the integration of their key."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.drop_index("ix_refusals_last_at_pid", "refusals")
    for name in ("workspace_id", "integration_id"):
        op.add_column("refusals", sa.Column(name, _TEXT))
    op.execute(
        "UPDATE refusals SET "
        "workspace_id = (SELECT k.workspace_id FROM api_keys AS k WHERE k.pid = refusals.pid), "
        "integration_id = (SELECT k.integration_id FROM api_keys AS k WHERE k.pid = refusals.pid)"
    )
    for name in ("workspace_id", "integration_id"):
        op.create_index(f"ix_refusals_{name}_last_at_pid", "refusals", [name, "last_at", "pid"])
