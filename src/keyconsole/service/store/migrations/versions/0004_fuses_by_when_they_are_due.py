"""Fuses are found by when they have burnt down: every few seconds each process looks for some."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_LIT = sa.text("disabled_until IS NOT NULL AND revoked_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_api_keys_fuses",
        "api_keys",
        ["disabled_until", "pid"],
        sqlite_where=_LIT,
        postgresql_where=_LIT,
    )
