"""A key may have an owner; whoever made it owns it otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("api_keys", sa.Column("owner", text))
    op.add_column("api_keys", sa.Column("owner_skeleton", text))
    for name, condition, columns in (
        ("owned", "owner_skeleton IS NOT NULL", ("owner_skeleton",)),
        (
            "living_makers",
            "revoked_at IS NULL AND expiry_seen_at IS NULL AND owner IS NULL",
            ("created_by",),
        ),
    ):
        op.create_index(
            f"ix_api_keys_workspace_{name}",
            "api_keys",
            ["workspace_id", *columns, "pid"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.execute("UPDATE key_reviews SET finding = 'owner_left' WHERE finding = 'creator_gone'")
