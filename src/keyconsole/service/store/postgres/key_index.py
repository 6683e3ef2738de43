"""The indexes of names on PostgreSQL: trigrams of labels, and public keys from their ends.

Trigrams need the extension `pg_trgm`, which comes with most servers and which whoever owns a
database may add to it. Without it a label is looked for row by row, and the same is found.
"""

import sqlalchemy as sa

_ENDS = "ix_api_keys_pid_from_its_end"
_TRIGRAMS = "ix_api_keys_label_trigrams"
_STATE = f"""
    SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS is_available,
           EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') AS is_installed,
           has_database_privilege(current_database(), 'CREATE') AS may_install,
           to_regclass('{_ENDS}') IS NOT NULL AS has_ends,
           to_regclass('{_TRIGRAMS}') IS NOT NULL AS has_trigrams
"""  # noqa: S608 - constants of this module


def wanted(connection: sa.Connection) -> list[str]:
    """What makes the indexes that are missing and can be made."""
    found = connection.exec_driver_sql(_STATE).one()
    statements = []
    if not found.has_ends:
        statements.append(f"CREATE INDEX {_ENDS} ON api_keys (reverse(pid))")
    if not found.has_trigrams and (
        found.is_installed or (found.is_available and found.may_install)
    ):
        statements += [
            "CREATE EXTENSION IF NOT EXISTS pg_trgm",
            # Kept in order at once: what waits to be sorted in is read by every search.
            f"CREATE INDEX {_TRIGRAMS} ON api_keys USING gin (label_skeleton gin_trgm_ops) "
            "WITH (fastupdate = off)",
        ]
    return statements


def install(connection: sa.Connection) -> None:
    """Make the indexes that are missing and can be made."""
    for statement in wanted(connection):
        connection.exec_driver_sql(statement)
