"""The index of labels on SQLite leaves out what a label begins with."""

from alembic import op

from keyconsole.service.store.sqlite import key_index

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("INSERT INTO key_grams (key_grams) VALUES ('delete-all')")
    op.execute(
        f"INSERT INTO key_grams (rowid, name) SELECT id, {key_index.PADDED} FROM key_names"  # noqa: S608
    )
