"""The first schema: workspaces, accounts, integrations, keys, their audit log and their use."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_JSON = sa.JSON(none_as_null=True)
_INDEX_OF_LABELS = (
    "CREATE VIRTUAL TABLE key_grams USING fts5"
    "(name, content='', tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE key_grams_terms USING fts5vocab(key_grams, 'instance')",
)


def upgrade() -> None:
    op.create_table(
        "root_keys",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_root_keys"),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("name_skeleton", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("max_key_age_days", sa.Integer),
        sa.Column("warning_days", sa.Integer, nullable=False, server_default="14"),
        sa.Column("settings", _JSON),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
        sa.UniqueConstraint("name_skeleton", name="uq_workspaces_name_skeleton"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
    )
    op.create_table(
        "memberships",
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account_id", "workspace_id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_memberships_account_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_memberships_workspace_id"
        ),
    )
    op.create_index("ix_memberships_workspace_id", "memberships", ["workspace_id"])
    op.create_table(
        "operator_tokens",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("account_id", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT),
        sa.Column("root_id", _TEXT, nullable=False),
        sa.Column("verifier", sa.LargeBinary, nullable=False),
        sa.Column("label", _TEXT),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", _TEXT),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("last_used_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("revoked_by", _TEXT),
        sa.Column("request_hash", sa.LargeBinary),
        sa.Column("fingerprint", sa.LargeBinary),
        sa.PrimaryKeyConstraint("pid", name="pk_operator_tokens"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_operator_tokens_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_operator_tokens_workspace_id"
        ),
        sa.UniqueConstraint("request_hash", name="uq_operator_tokens_request_hash"),
    )
    op.create_index(
        "ix_operator_tokens_account_id_created_at_pid",
        "operator_tokens",
        ["account_id", "created_at", "pid"],
    )
    op.create_index(
        "ix_operator_tokens_workspace_id_created_at_pid",
        "operator_tokens",
        ["workspace_id", "created_at", "pid"],
    )
    op.create_table(
        "integrations",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("name_skeleton", _TEXT, nullable=False),
        sa.Column("provider", _TEXT),
        sa.Column("environment", _TEXT),
        sa.Column("client_id", _TEXT),
        sa.Column("redirect_uri", _TEXT),
        sa.Column("scopes", _JSON),
        sa.Column("disabled_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", _TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("max_key_age_days", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_integrations"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_integrations_workspace_id"
        ),
        sa.UniqueConstraint(
            "workspace_id", "name_skeleton", name="uq_integrations_workspace_id_name_skeleton"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_keys",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("integration_id", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("root_id", _TEXT, nullable=False),
        sa.Column("verifier", sa.LargeBinary, nullable=False),
        sa.Column("label", _TEXT, nullable=False),
        sa.Column("label_skeleton", _TEXT, nullable=False),
        sa.Column("label_look", _TEXT, nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", _TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("allowed_ips", _JSON),
        sa.Column("metadata", _JSON),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger),
        sa.Column("disabled_at", sa.BigInteger),
        sa.Column("disabled_until", sa.BigInteger),
        sa.Column("disabled_then", _TEXT),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("revoked_by", _TEXT),
        sa.Column("revoke_reason", _TEXT),
        sa.Column("incident", _TEXT),
        sa.Column("revoked_sequence", sa.BigInteger),
        sa.Column("replaces", _TEXT),
        sa.Column("replaced_by", _TEXT),
        sa.Column("last_used_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_source", _TEXT),
        sa.Column("sources", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("pid", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["integrations.id"], name="fk_api_keys_integration_id"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_api_keys_workspace_id"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_api_keys_integration_id_created_at_pid",
        "api_keys",
        ["integration_id", "created_at", "pid"],
    )
    op.create_index(
        "ix_api_keys_integration_id_label_skeleton_pid",
        "api_keys",
        ["integration_id", "label_skeleton", "pid"],
    )
    op.create_index(
        "ix_api_keys_integration_id_last_used_at_pid",
        "api_keys",
        ["integration_id", "last_used_at", "pid"],
    )
    op.create_index(
        "ix_api_keys_workspace_id_created_at_pid", "api_keys", ["workspace_id", "created_at", "pid"]
    )
    op.create_index(
        "ix_api_keys_workspace_id_label_skeleton_pid_integration_id",
        "api_keys",
        ["workspace_id", "label_skeleton", "pid", "integration_id"],
    )
    op.create_index(
        "ix_api_keys_workspace_id_last_used_at_pid",
        "api_keys",
        ["workspace_id", "last_used_at", "pid"],
    )
    op.create_index(
        "ix_api_keys_workspace_id_created_by_pid", "api_keys", ["workspace_id", "created_by", "pid"]
    )
    op.create_index(
        "ix_api_keys_workspace_id_label_look_pid", "api_keys", ["workspace_id", "label_look", "pid"]
    )
    for scope in ("workspace", "integration"):
        _index_the_rare(scope, "revoked", "revoked_at IS NOT NULL", "revoked_at")
        _index_the_rare(scope, "disabled", "disabled_at IS NOT NULL", "disabled_at")
        _index_the_rare(scope, "expiring", "expires_at IS NOT NULL", "expires_at")
        _index_the_rare(
            scope,
            "unconfirmed",
            "acknowledged_at IS NULL AND last_used_at = 0",
            "acknowledged_at",
            "last_used_at",
        )
    if op.get_bind().dialect.name == "sqlite":
        _index_labels()
    op.create_table(
        "key_reviews",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("finding", _TEXT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "finding", name="pk_key_reviews"),
        sa.ForeignKeyConstraint(["pid"], ["api_keys.pid"], name="fk_key_reviews_pid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("answer", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request_hash", name="pk_idempotency"),
        sa.ForeignKeyConstraint(["pid"], ["api_keys.pid"], name="fk_idempotency_pid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rotations",
        sa.Column("new_pid", _TEXT, nullable=False),
        sa.Column("old_pid", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("started_by", _TEXT, nullable=False),
        sa.Column("quiet_minutes", sa.Integer, nullable=False),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        sa.Column("automatic_by", _TEXT),
        sa.Column("takes_label", sa.Boolean, nullable=False),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", _TEXT),
        sa.Column("outcome", _TEXT),
        sa.PrimaryKeyConstraint("new_pid", name="pk_rotations"),
        sa.ForeignKeyConstraint(["new_pid"], ["api_keys.pid"], name="fk_rotations_new_pid"),
        sa.ForeignKeyConstraint(["old_pid"], ["api_keys.pid"], name="fk_rotations_old_pid"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_rotations_workspace_id"
        ),
    )
    op.create_index("ix_rotations_old_pid_started_at", "rotations", ["old_pid", "started_at"])
    op.create_index(
        "ix_rotations_workspace_id_ended_at_started_at",
        "rotations",
        ["workspace_id", "ended_at", "started_at"],
    )
    op.create_table(
        "audit_events",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("target", _TEXT, nullable=False),
        sa.Column("target_name", _TEXT, nullable=False),
        sa.Column("integration_id", _TEXT),
        sa.Column("detail", _TEXT, nullable=False),
        sa.Column("request_id", _TEXT, nullable=False),
        sa.Column("root_id", _TEXT, nullable=False),
        sa.Column("hash", _TEXT, nullable=False),
        sa.Column("address", _TEXT),
        sa.PrimaryKeyConstraint("workspace_id", "sequence", name="pk_audit_events"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_audit_events_workspace_id"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_audit_events_workspace_id_at_sequence",
        "audit_events",
        ["workspace_id", "at", "sequence"],
    )
    op.create_index(
        "ix_audit_events_workspace_id_target_at_sequence",
        "audit_events",
        ["workspace_id", "target", "at", "sequence"],
    )
    op.create_index(
        "ix_audit_events_workspace_id_integration_id_at_sequence",
        "audit_events",
        ["workspace_id", "integration_id", "at", "sequence"],
    )
    op.create_index(
        "ix_audit_events_workspace_id_actor_at_sequence",
        "audit_events",
        ["workspace_id", "actor", "at", "sequence"],
    )
    op.create_index(
        "ix_audit_events_workspace_id_action_at_sequence",
        "audit_events",
        ["workspace_id", "action", "at", "sequence"],
    )
    op.create_table(
        "revocations",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("incident", _TEXT),
        sa.Column("note", _TEXT),
        sa.Column("request_id", _TEXT, nullable=False),
        sa.Column("selection_hash", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("total", sa.Integer),
        sa.Column("finished_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_revocations"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revocation_keys",
        sa.Column("revocation_id", _TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("outcome", _TEXT),
        sa.Column("sequence", sa.BigInteger),
        sa.PrimaryKeyConstraint("revocation_id", "position", name="pk_revocation_keys"),
        sa.ForeignKeyConstraint(
            ["revocation_id"], ["revocations.id"], name="fk_revocation_keys_revocation_id"
        ),
        sa.ForeignKeyConstraint(["pid"], ["api_keys.pid"], name="fk_revocation_keys_pid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refusals",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("agent", _TEXT, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "reason", "address", "agent", name="pk_refusals"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refusals_last_at_pid", "refusals", ["last_at", "pid"])
    op.create_table(
        "usage_hours",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("hour", sa.BigInteger, nullable=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "hour", "outcome", name="pk_usage_hours"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "integration_hours",
        sa.Column("integration_id", _TEXT, nullable=False),
        sa.Column("hour", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("integration_id", "hour", name="pk_integration_hours"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_sources",
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("agent", _TEXT, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pid", "address", "agent", name="pk_usage_sources"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_sources_address_pid", "usage_sources", ["address", "pid"])


def _index_labels() -> None:
    op.create_table(
        "key_names",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("pid", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("integration_id", _TEXT, nullable=False),
        sa.Column("label_skeleton", _TEXT, nullable=False),
        sa.Column("tail", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_names"),
        sa.UniqueConstraint("pid", name="uq_key_names_pid"),
    )
    op.create_index("ix_key_names_tail_pid", "key_names", ["tail", "pid"])
    for table in _INDEX_OF_LABELS:
        op.execute(table)


def _index_the_rare(scope: str, name: str, where: str, *columns: str) -> None:
    op.create_index(
        f"ix_api_keys_{scope}_{name}",
        "api_keys",
        [f"{scope}_id", *columns, "pid"],
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
