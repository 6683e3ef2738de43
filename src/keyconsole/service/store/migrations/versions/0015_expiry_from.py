"""A key knows whether its expiry was asked for, or set by the policy of its workspace."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("api_keys", sa.Column("expiry_from", text))
