"""The tables as they are now; migrations bring a database here from wherever it is.

Times are milliseconds since 1970. `WITHOUT ROWID` on the tables that verification reads makes
one tree walk of a lookup, and leaves no row id that `INSERT OR REPLACE` could collide with.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from keyconsole.service.store import damage
from keyconsole.wire import (
    ExpiryFrom,
    FuseEnd,
    RevocationOutcome,
    RevokeReason,
    Role,
    RotationState,
)

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TEXT = (
    sa.Text()
    .with_variant(sa.Text(collation="C"), "postgresql")
    .with_variant(damage.StoredText(), "sqlite")
)
"""Text in the order of its bytes, which is the one that both databases have."""

INTEGER = sa.Integer().with_variant(damage.StoredInteger(), "sqlite")
BIG_INTEGER = sa.BigInteger().with_variant(damage.StoredBigInteger(), "sqlite")
BYTES = sa.LargeBinary().with_variant(damage.StoredBytes(), "sqlite")
ROLE = damage.StoredWord(Role, Role.VIEWER)
REASON = damage.StoredWord(RevokeReason, RevokeReason.UNSPECIFIED)


def _table(name: str, *items: SchemaItem, **options: Any) -> sa.Table:
    return sa.Table(name, metadata, *items, **options)


clock_state = _table(
    "clock_state",
    sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
    # Last time at which a process trusted its clock; 0 before the first.
    sa.Column("heartbeat_at", BIG_INTEGER, nullable=False),
    # Number of times that a person accepted the clock, and the last time.
    sa.Column("acceptances", BIG_INTEGER, nullable=False),
    sa.Column("accepted_at", BIG_INTEGER, nullable=False),
    # Events up to this time lie in the future because a clock was wrong; 0 where none do.
    sa.Column("disregarded_until", BIG_INTEGER, nullable=False),
)
"""One row, made by the migration: what is known of the clock."""

accepted_histories = _table(
    "accepted_histories",
    # Not a reference: the workspace itself may be part of what was lost.
    sa.Column("workspace_id", TEXT, primary_key=True),
    sa.Column("checkpoint", BIG_INTEGER, nullable=False),
    sa.Column("accepted_at", BIG_INTEGER, nullable=False),
)
"""The audit logs that a person accepted although a checkpoint contradicts them."""

root_keys = _table(
    "root_keys",
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("first_seen_at", BIG_INTEGER, nullable=False),
)

database_identity = _table(
    "database_identity",
    sa.Column("id", TEXT, primary_key=True),
    # Last time at which a process tried to write to the database.
    sa.Column("checked_at", BIG_INTEGER, nullable=False, server_default="0"),
)
"""One row, made by the migration: which database this is."""

workspaces = _table(
    "workspaces",
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("name_skeleton", TEXT, nullable=False, unique=True),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    # The part of the settings that queries read; the rest is read whole.
    sa.Column("max_key_age_days", INTEGER),
    sa.Column("warning_days", INTEGER, nullable=False, server_default="14"),
    sa.Column("settings", damage.StoredObject(of_texts=False)),
    # Prefix of each token in the index of labels; see `label_tokens`.
    sa.Column("number", INTEGER),
    sa.Index(None, "number", unique=True),
)

accounts = _table(
    "accounts",
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("email", TEXT, nullable=False, unique=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
)

memberships = _table(
    "memberships",
    sa.Column("account_id", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("role", ROLE, nullable=False),
    sa.Column("created_at", BIG_INTEGER, nullable=False, server_default="0"),
    # The invitation that was accepted, if there was one.
    sa.Column("invitation_id", TEXT),
    sa.Index(None, "workspace_id"),
)

# An account that is asked to join a workspace. It grants nothing until it is accepted.
invitations = _table(
    "invitations",
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("role", ROLE, nullable=False),
    sa.Column("invited_by", TEXT, nullable=False),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    sa.UniqueConstraint("account_id", "workspace_id"),
    sa.Index(None, "workspace_id"),
)

operator_tokens = _table(
    "operator_tokens",
    sa.Column("pid", TEXT, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id"), nullable=False),
    # The workspace it signs in to. Old tokens may have none: every workspace of their account.
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id")),
    sa.Column("root_id", TEXT, nullable=False),
    sa.Column("verifier", BYTES, nullable=False),
    sa.Column("label", TEXT),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    sa.Column("created_by", TEXT),
    sa.Column("expires_at", BIG_INTEGER),
    sa.Column("last_used_at", BIG_INTEGER, nullable=False, server_default="0"),
    sa.Column("revoked_at", BIG_INTEGER),
    sa.Column("revoked_by", TEXT),
    sa.Column("request_hash", BYTES, unique=True),
    sa.Column("fingerprint", BYTES),
    # Time at which its expiry was found to have passed. It stays expired, whatever a clock says.
    sa.Column("expiry_seen_at", BIG_INTEGER),
    # Time at which the window was found closed in which the same request gets the value again.
    sa.Column("replay_closed_at", BIG_INTEGER),
    # Made by an admin for somebody else: speaks for its account in its workspace alone.
    sa.Column("confined", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "account_id", "created_at", "pid"),
    sa.Index(None, "workspace_id", "created_at", "pid"),
)

integrations = _table(
    "integrations",
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("name_skeleton", TEXT, nullable=False),
    sa.Column("provider", TEXT),
    sa.Column("environment", TEXT),
    sa.Column("client_id", TEXT),
    sa.Column("redirect_uri", TEXT),
    sa.Column("scopes", damage.StoredTexts()),
    sa.Column("disabled_at", BIG_INTEGER),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    sa.Column("created_by", TEXT, nullable=False),
    sa.Column("updated_at", BIG_INTEGER, nullable=False),
    sa.Column("max_key_age_days", INTEGER),
    sa.UniqueConstraint("workspace_id", "name_skeleton"),
    sqlite_with_rowid=False,
)


# A condition holds in both databases. It is written for one: the other's dialect takes 30 ms to
# load, and it is the migrations that make the indexes.


def _partial(name: str, where: str, *columns: str) -> list[sa.Index]:
    return [
        _where(f"ix_api_keys_{scope}_{name}", sa.text(where), f"{scope}_id", *columns)
        for scope in ("workspace", "integration")
    ]


def _where(name: str, condition: sa.TextClause, *columns: str) -> sa.Index:
    return sa.Index(name, *columns, "pid", sqlite_where=condition)


_LIT = sa.text("disabled_until IS NOT NULL AND revoked_at IS NULL")
_UNSEEN = sa.text("expires_at IS NOT NULL AND expiry_seen_at IS NULL AND revoked_at IS NULL")
_OPEN = sa.text("replay_closed_at IS NULL")
_EXPIRING = sa.text("expires_at IS NOT NULL")
_LIVING = sa.text("revoked_at IS NULL AND expiry_seen_at IS NULL")
_MADE = sa.text(f"{_LIVING} AND owner IS NULL")
_UNCLAIMED = sa.text(f"acknowledged_at IS NULL AND last_used_at = 0 AND {_LIVING}")

api_keys = _table(
    "api_keys",
    sa.Column("pid", TEXT, primary_key=True),
    sa.Column("integration_id", sa.ForeignKey("integrations.id"), nullable=False),
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("root_id", TEXT, nullable=False),
    sa.Column("verifier", BYTES, nullable=False),
    sa.Column("label", TEXT, nullable=False),
    sa.Column("label_skeleton", TEXT, nullable=False),
    # Key by which labels that look alike are found, after `labels.look`.
    sa.Column("label_look", TEXT, nullable=False, server_default=""),
    # That the label and the metadata hold no credential; see `credentialtext.examined`.
    sa.Column("names_examined", BYTES),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    sa.Column("created_by", TEXT, nullable=False),
    # The address of a member or the name of a team; NULL is whoever made it.
    sa.Column("owner", TEXT),
    # As the query `owner:` compares it: an address as it is, the skeleton of a team's name.
    sa.Column("owner_skeleton", TEXT),
    sa.Column("expires_at", BIG_INTEGER),
    sa.Column("allowed_ips", damage.StoredTexts()),
    # Those of the integration that it may use; NULL is all of them.
    sa.Column("scopes", damage.StoredTexts()),
    # Its rate and quota as JSON, in the form of `core.limits`; NULL means no limit.
    sa.Column("limits", damage.StoredLimits()),
    sa.Column("metadata", damage.StoredObject(of_texts=True)),
    sa.Column("version", INTEGER, nullable=False),
    sa.Column("acknowledged_at", BIG_INTEGER),
    sa.Column("disabled_at", BIG_INTEGER),
    sa.Column("disabled_until", BIG_INTEGER),
    sa.Column("disabled_then", damage.StoredWord(FuseEnd, FuseEnd.REVOKE)),
    sa.Column("revoked_at", BIG_INTEGER),
    sa.Column("revoked_by", TEXT),
    sa.Column("revoke_reason", REASON),
    sa.Column("incident", TEXT),
    sa.Column("revoked_sequence", BIG_INTEGER),
    sa.Column("replaces", TEXT),
    sa.Column("replaced_by", TEXT),
    # 0 is never: one column orders both the used and the unused.
    sa.Column("last_used_at", BIG_INTEGER, nullable=False, server_default="0"),
    sa.Column("last_source", TEXT),
    sa.Column("sources", INTEGER, nullable=False, server_default="0"),
    # Time at which its expiry was found to have passed. It stays expired, whatever a clock says.
    sa.Column("expiry_seen_at", BIG_INTEGER),
    # NULL for a key that has none without anybody having asked for that, and for old ones.
    sa.Column("expiry_from", damage.StoredWord(ExpiryFrom, ExpiryFrom.REQUEST)),
    sa.Index(None, "integration_id", "created_at", "pid"),
    sa.Index(None, "integration_id", "label_skeleton", "pid"),
    sa.Index(None, "integration_id", "last_used_at", "pid"),
    sa.Index(None, "workspace_id", "created_at", "pid"),
    # With the integration, so that a walk by label asks for environments without the rows.
    sa.Index(None, "workspace_id", "label_skeleton", "pid", "integration_id"),
    sa.Index(None, "workspace_id", "last_used_at", "pid"),
    sa.Index(None, "workspace_id", "created_by", "pid"),
    sa.Index(None, "workspace_id", "label_look", "pid"),
    # What is rare enough to be looked for has an index of its own, of those keys alone.
    *_partial("revoked", "revoked_at IS NOT NULL", "revoked_at"),
    *_partial("disabled", "disabled_at IS NOT NULL", "disabled_at"),
    _where("ix_api_keys_integration_expiring", _EXPIRING, "integration_id", "expires_at"),
    # With what says that it is in force, so that those that expire soon are counted in it.
    _where(
        "ix_api_keys_workspace_expiring",
        _EXPIRING,
        *("workspace_id", "expires_at", "integration_id", "revoked_at", "expiry_seen_at"),
    ),
    *_partial("seen_expired", "expiry_seen_at IS NOT NULL", "expiry_seen_at"),
    *_partial(
        "unconfirmed",
        "acknowledged_at IS NULL AND last_used_at = 0",
        "acknowledged_at",
        "last_used_at",
    ),
    # The fuses that burn, by when they have burnt down: every few seconds somebody looks.
    _where("ix_api_keys_fuses", _LIT, "disabled_until"),
    _where("ix_api_keys_expiry_unseen", _UNSEEN, "expires_at"),
    # What needs attention, found past the keys that were replaced or never came into use.
    _where("ix_api_keys_workspace_fuses", _LIT, "workspace_id", "disabled_until"),
    _where("ix_api_keys_integration_living", _LIVING, "integration_id", "created_at"),
    _where("ix_api_keys_workspace_unclaimed", _UNCLAIMED, "workspace_id", "created_at"),
    _where(
        "ix_api_keys_workspace_owned",
        sa.text("owner_skeleton IS NOT NULL"),
        *("workspace_id", "owner_skeleton"),
    ),
    # By whom the living ones were made, so that those whose owner left are found.
    _where("ix_api_keys_workspace_living_makers", _MADE, "workspace_id", "created_by"),
    sqlite_with_rowid=False,
)

# The keys by the numbers that the index of labels has for them. PostgreSQL has its own.
key_names = _table(
    "key_names",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("pid", TEXT, nullable=False, unique=True),
)

key_reviews = _table(
    "key_reviews",
    sa.Column("pid", sa.ForeignKey("api_keys.pid"), primary_key=True),
    sa.Column("finding", TEXT, primary_key=True),
    sa.Column("by", TEXT, nullable=False),
    sa.Column("at", BIG_INTEGER, nullable=False),
    sa.Column("until", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

attention_dismissals = _table(
    "attention_dismissals",
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("item", TEXT, primary_key=True),
    sa.Column("by", TEXT, nullable=False),
    sa.Column("at", BIG_INTEGER, nullable=False),
    sa.Column("until", BIG_INTEGER, nullable=False),
    # Its size and its latest occurrence at that time; see `rules.attention`.
    sa.Column("size", BIG_INTEGER, nullable=False),
    sa.Column("mark", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

idempotency = _table(
    "idempotency",
    sa.Column("request_hash", BYTES, primary_key=True),
    sa.Column("fingerprint", BYTES, nullable=False),
    sa.Column("pid", sa.ForeignKey("api_keys.pid"), nullable=False),
    sa.Column("answer", TEXT, nullable=False),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    # Time at which the window was found closed in which the same request gets the secret again.
    sa.Column("replay_closed_at", BIG_INTEGER),
    sa.Index("ix_idempotency_open", "created_at", sqlite_where=_OPEN),
    sqlite_with_rowid=False,
)

rotations = _table(
    "rotations",
    sa.Column("new_pid", sa.ForeignKey("api_keys.pid"), primary_key=True),
    sa.Column("old_pid", sa.ForeignKey("api_keys.pid"), nullable=False),
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("started_at", BIG_INTEGER, nullable=False),
    sa.Column("started_by", TEXT, nullable=False),
    sa.Column("quiet_minutes", INTEGER, nullable=False),
    sa.Column("deadline", BIG_INTEGER, nullable=False),
    # The account that let the service end it; NULL if a person has to.
    sa.Column("automatic_by", TEXT),
    sa.Column("takes_label", sa.Boolean, nullable=False),
    sa.Column("paused_at", BIG_INTEGER),
    sa.Column("ended_at", BIG_INTEGER),
    sa.Column("ended_by", TEXT),
    sa.Column("outcome", damage.StoredWord(RotationState, RotationState.CANCELLED)),
    sa.Index(None, "old_pid", "started_at"),
    sa.Index(None, "workspace_id", "ended_at", "started_at"),
)

audit_events = _table(
    "audit_events",
    sa.Column("workspace_id", sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("sequence", BIG_INTEGER, primary_key=True, autoincrement=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("at", BIG_INTEGER, nullable=False),
    sa.Column("actor", TEXT, nullable=False),
    sa.Column("action", TEXT, nullable=False),
    sa.Column("target", TEXT, nullable=False),
    sa.Column("target_name", TEXT, nullable=False),
    sa.Column("integration_id", TEXT),
    sa.Column("detail", TEXT, nullable=False),
    sa.Column("request_id", TEXT, nullable=False),
    sa.Column("root_id", TEXT, nullable=False),
    sa.Column("hash", TEXT, nullable=False),
    sa.Column("address", TEXT),
    sa.Index(None, "workspace_id", "at", "sequence"),
    sa.Index(None, "workspace_id", "target", "at", "sequence"),
    sa.Index(None, "workspace_id", "integration_id", "at", "sequence"),
    sa.Index(None, "workspace_id", "actor", "at", "sequence"),
    sa.Index(None, "workspace_id", "action", "at", "sequence"),
    sqlite_with_rowid=False,
)

revocations = _table(
    "revocations",
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("actor", TEXT, nullable=False),
    sa.Column("reason", REASON, nullable=False),
    sa.Column("incident", TEXT),
    sa.Column("note", TEXT),
    sa.Column("request_id", TEXT, nullable=False),
    sa.Column("selection_hash", TEXT, nullable=False),
    sa.Column("created_at", BIG_INTEGER, nullable=False),
    sa.Column("total", INTEGER),
    sa.Column("finished_at", BIG_INTEGER),
    sa.Column("address", TEXT),
    sqlite_with_rowid=False,
)

revocation_keys = _table(
    "revocation_keys",
    sa.Column("revocation_id", sa.ForeignKey("revocations.id"), primary_key=True),
    sa.Column("position", INTEGER, primary_key=True, autoincrement=False),
    sa.Column("pid", sa.ForeignKey("api_keys.pid"), nullable=False),
    sa.Column("workspace_id", TEXT, nullable=False),
    sa.Column("outcome", damage.StoredWord(RevocationOutcome, RevocationOutcome.PENDING)),
    sa.Column("sequence", BIG_INTEGER),
    sqlite_with_rowid=False,
)

refusals = _table(
    "refusals",
    sa.Column("pid", TEXT, primary_key=True),
    sa.Column("reason", TEXT, primary_key=True),
    sa.Column("address", TEXT, primary_key=True),
    sa.Column("agent", TEXT, primary_key=True),
    sa.Column("count", BIG_INTEGER, nullable=False),
    sa.Column("first_at", BIG_INTEGER, nullable=False),
    sa.Column("last_at", BIG_INTEGER, nullable=False),
    # Those of the key, so that a list reads what is its own and nothing else.
    sa.Column("workspace_id", TEXT),
    sa.Column("integration_id", TEXT),
    sa.Index(None, "workspace_id", "last_at", "pid"),
    sa.Index(None, "integration_id", "last_at", "pid"),
    sqlite_with_rowid=False,
)

usage_hours = _table(
    "usage_hours",
    sa.Column("pid", TEXT, primary_key=True),
    # By its hour what is too old is found.
    sa.Column("hour", BIG_INTEGER, primary_key=True, autoincrement=False, index=True),
    sa.Column("outcome", TEXT, primary_key=True),
    sa.Column("count", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

# Requests to a workspace, and refusals of an integration; `scope` is the id of either.
usage_totals = _table(
    "usage_totals",
    sa.Column("scope", TEXT, primary_key=True),
    sa.Column("hour", BIG_INTEGER, primary_key=True, autoincrement=False, index=True),
    sa.Column("outcome", TEXT, primary_key=True),
    sa.Column("count", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

usage_seconds = _table(
    "usage_seconds",
    sa.Column("pid", TEXT, primary_key=True),
    sa.Column("second", BIG_INTEGER, primary_key=True, autoincrement=False, index=True),
    sa.Column("accepted", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

# The requests counted against limits of keys, of all processes; see `verification.key_limits`.
limit_counts = _table(
    "limit_counts",
    sa.Column("pid", TEXT, primary_key=True),
    # The rate, or the day or the month of a quota.
    sa.Column("counter", TEXT, primary_key=True),
    sa.Column("amount", BIG_INTEGER, nullable=False),
    # Time from which on the row says nothing any more.
    sa.Column("ends_at", BIG_INTEGER, nullable=False, index=True),
    sqlite_with_rowid=False,
)

integration_hours = _table(
    "integration_hours",
    sa.Column("integration_id", TEXT, primary_key=True),
    sa.Column("hour", BIG_INTEGER, primary_key=True, autoincrement=False, index=True),
    sa.Column("accepted", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

usage_sources = _table(
    "usage_sources",
    sa.Column("pid", TEXT, primary_key=True),
    sa.Column("address", TEXT, primary_key=True),
    sa.Column("agent", TEXT, primary_key=True),
    sa.Column("first_seen_at", BIG_INTEGER, nullable=False),
    sa.Column("last_seen_at", BIG_INTEGER, nullable=False),
    sa.Column("accepted", BIG_INTEGER, nullable=False),
    sa.Column("refused", BIG_INTEGER, nullable=False),
    # That of the key, so that an address is looked for in one workspace.
    sa.Column("workspace_id", TEXT),
    sa.Index(None, "workspace_id", "address", "pid"),
    sa.Index(None, "workspace_id", "first_seen_at", "pid"),
    sqlite_with_rowid=False,
)

# Requests a day (UTC) of the sources that are kept.
source_days = _table(
    "source_days",
    sa.Column("pid", TEXT, primary_key=True),
    sa.Column("address", TEXT, primary_key=True),
    sa.Column("agent", TEXT, primary_key=True),
    sa.Column("day", BIG_INTEGER, primary_key=True, autoincrement=False, index=True),
    sa.Column("count", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)

# The sources of a key that are kept no longer, together.
other_sources = _table(
    "other_sources",
    sa.Column("pid", TEXT, primary_key=True),
    # The number of forgotten sources; one that came back and was forgotten again counts twice.
    sa.Column("sources", BIG_INTEGER, nullable=False),
    sa.Column("accepted", BIG_INTEGER, nullable=False),
    sa.Column("refused", BIG_INTEGER, nullable=False),
    sa.Column("last_seen_at", BIG_INTEGER, nullable=False),
    sqlite_with_rowid=False,
)
