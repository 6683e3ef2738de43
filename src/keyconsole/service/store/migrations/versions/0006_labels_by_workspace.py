"""Indexes labels and addresses by workspace, and drops the zone map."""

import sqlalchemy as sa
from alembic import op

from keyconsole.service.store import progress
from keyconsole.service.store.postgres import label_index as server
from keyconsole.service.store.sqlite import label_index as file

revision = "0006"
down_revision = "0005"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    keys = op.get_bind().exec_driver_sql("SELECT count(*) FROM api_keys").scalar_one()
    if keys > file.BATCH:
        progress.say(f"Indexing the addresses and labels of {keys:,} keys. This takes minutes.")
    op.add_column("workspaces", sa.Column("number", sa.Integer))
    op.execute(
        "UPDATE workspaces SET number = (SELECT count(*) FROM workspaces AS w "
        "WHERE (w.created_at, w.id) <= (workspaces.created_at, workspaces.id))"
    )
    op.create_index("ix_workspaces_number", "workspaces", ["number"], unique=True)
    op.add_column("usage_sources", sa.Column("workspace_id", _TEXT))
    op.execute(
        "UPDATE usage_sources SET workspace_id = "
        "(SELECT workspace_id FROM api_keys WHERE api_keys.pid = usage_sources.pid)"
    )
    op.drop_index("ix_usage_sources_address_pid", "usage_sources")
    op.create_index(
        "ix_usage_sources_workspace_id_address_pid",
        "usage_sources",
        ["workspace_id", "address", "pid"],
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_labels()
    else:
        # The index itself is made after every migration, where it is missing.
        for statement in server.FORMER:
            op.execute(statement)
    op.drop_table("label_zones")


def _index_labels() -> None:
    # Made again at once. They name columns that go.
    for trigger in ("api_keys_named", "api_keys_renamed"):
        op.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    op.drop_index("ix_key_names_tail_pid", "key_names")
    for column in ("label_skeleton", "tail"):
        op.execute(f"ALTER TABLE key_names DROP COLUMN {column}")
    op.execute("DROP TABLE key_grams_terms")
    op.execute("DROP TABLE key_grams")
    op.execute(file.TABLE)
    file.fill(op.get_bind())
