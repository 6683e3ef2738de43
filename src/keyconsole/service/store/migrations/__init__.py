"""Alembic's scripts, run by `store.schema` when the service starts."""
