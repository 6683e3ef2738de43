"""The index of labels on SQLite leaves out what a label begins with."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("INSERT INTO key_grams (key_grams) VALUES ('delete-all')")
    op.execute(
        "INSERT INTO key_grams (rowid, name) "
        "SELECT id, char(9) || substr(label_skeleton, 2) || char(10, 10) FROM key_names"
    )
