"""A zone map tells where in the order of labels a text can stand."""

import sqlalchemy as sa
from alembic import op

from keyconsole.service.store.sqlite import key_index

revision = "0003"
down_revision = "0002"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "label_zones",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("trigram", _TEXT, nullable=False),
        sa.Column("zone", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "trigram", "zone", name="pk_label_zones"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(key_index.zoned("api_keys"))
        # The names need not say of which workspace they are. The trigger is made again at once.
        op.execute("DROP TRIGGER IF EXISTS api_keys_named")
        for column in ("workspace_id", "integration_id"):
            op.execute(f"ALTER TABLE key_names DROP COLUMN {column}")
