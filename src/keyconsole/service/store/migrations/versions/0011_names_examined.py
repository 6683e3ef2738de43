"""Keys carry the mark of names that were examined; those of older keys are examined when shown."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("names_examined", sa.LargeBinary))
