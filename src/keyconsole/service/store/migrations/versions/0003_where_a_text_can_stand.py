"""A zone map tells where in the order of labels a text can stand."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# A number for each character of a label but the first comes from a list of zeros.
_ENTER_ALL_LABELS = """
    INSERT INTO label_zones (workspace_id, trigram, zone)
    SELECT api_keys.workspace_id,
           substr(api_keys.label_skeleton || char(10, 10), place.key + 2, 3),
           substr(api_keys.label_skeleton, 1, 3)
    FROM api_keys
    CROSS JOIN json_each(
        '[' || replace(hex(zeroblob(length(api_keys.label_skeleton) - 2)), '00', '0,') || '0]'
    ) AS place
    WHERE true
    ON CONFLICT DO NOTHING
"""


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
        op.execute(_ENTER_ALL_LABELS)
        # The names need not say of which workspace they are. The trigger is made again at once.
        op.execute("DROP TRIGGER IF EXISTS api_keys_named")
        for column in ("workspace_id", "integration_id"):
            op.execute(f"ALTER TABLE key_names DROP COLUMN {column}")
