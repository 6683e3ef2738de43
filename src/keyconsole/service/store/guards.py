"""What the guards of both databases keep as it is."""

from keyconsole.service.store.tables import api_keys

_USE = {"last_used_at", "last_source", "sources"}

BIRTH = ("pid", "integration_id", "workspace_id", "created_at", "created_by", "replaces")
"""What a key is born with and dies with."""

FROZEN = [column.name for column in api_keys.columns if column.name not in _USE]
"""What never changes of a key that is revoked: everything but what is counted of its use."""
