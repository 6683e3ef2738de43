"""The columns of a key that the triggers of both databases protect."""

from keyconsole.service.store.tables import api_keys

_USE = {"last_used_at", "last_source", "sources"}
_DERIVED = {"names_examined"}

BIRTH = ("pid", "integration_id", "workspace_id", "created_at", "created_by", "replaces")
"""Columns that never change."""

FROZEN = [column.name for column in api_keys.columns if column.name not in _USE | _DERIVED]
"""Columns that never change once a key is revoked: all but its use and what follows from others."""
