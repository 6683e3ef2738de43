"""A key may carry some scopes of its integration; every key so far has all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("scopes", sa.JSON(none_as_null=True)))
