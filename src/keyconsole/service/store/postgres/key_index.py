"""The index of labels on PostgreSQL: trigrams, where the server has the extension for them.

Without `pg_trgm` a text is looked for row by row, which finds the same.
"""

import sqlalchemy as sa

_INDEX = "ix_api_keys_label_trigrams"
_STATE = sa.text(f"""
    SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS is_available,
           EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') AS is_installed,
           to_regclass('{_INDEX}') IS NOT NULL AS is_made,
           has_database_privilege(current_database(), 'CREATE') AS may_install
""")  # noqa: S608 - a constant of this module


def is_wanted(connection: sa.Connection) -> bool:
    """Whether the index is missing and can be made."""
    found = connection.execute(_STATE).one()
    return not found.is_made and (found.is_installed or (found.is_available and found.may_install))


def install(connection: sa.Connection) -> None:
    """Make the index, if it is missing and can be made."""
    if is_wanted(connection):
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.exec_driver_sql(
            f"CREATE INDEX {_INDEX} ON api_keys USING gin (label_skeleton gin_trgm_ops)"
        )
