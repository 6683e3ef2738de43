"""A random id, so that a process can tell its database from another one at the same address."""

import secrets

import sqlalchemy as sa
from alembic import op

from keyconsole.service.store.tables import TEXT

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    made = op.create_table(
        "database_identity",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("checked_at", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.bulk_insert(made, [{"id": secrets.token_hex(16)}])
