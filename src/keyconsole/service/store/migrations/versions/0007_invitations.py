"""Invitations, and tokens that belong to one workspace.

An old token is bound to the only workspace of its account. Where there are several it stays as it
is: nobody can tell which one was meant.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("invited_by", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_invitations_account_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_invitations_workspace_id"
        ),
        sa.UniqueConstraint(
            "account_id", "workspace_id", name="uq_invitations_account_id_workspace_id"
        ),
    )
    op.create_index("ix_invitations_workspace_id", "invitations", ["workspace_id"])
    op.add_column("memberships", sa.Column("invitation_id", _TEXT))
    op.add_column(
        "operator_tokens",
        sa.Column("confined", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    # Before any is bound: those that an admin made for somebody else have a workspace.
    op.execute("UPDATE operator_tokens SET confined = true WHERE workspace_id IS NOT NULL")
    op.execute(
        "UPDATE operator_tokens SET workspace_id = "
        "(SELECT min(m.workspace_id) FROM memberships AS m "
        "WHERE m.account_id = operator_tokens.account_id) "
        "WHERE workspace_id IS NULL AND "
        "(SELECT count(*) FROM memberships AS m "
        "WHERE m.account_id = operator_tokens.account_id) = 1"
    )
