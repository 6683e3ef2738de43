"""Guards inside the database, for every writer of SQL: what is revoked stays, rows stay.

On SQLite a delete trigger alone is walked past by `INSERT OR REPLACE` and `UPDATE OR REPLACE`
(measured on 3.40), so there are guards on update, delete and insert, and the pid never changes.
A batch-mode rebuild of a table drops its triggers: `install` runs after every migration.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from keyconsole.service.store.sqlite import label_index
from keyconsole.service.store.triggers import BIRTH, FROZEN


def _changed(columns: Iterable[str]) -> str:
    return " OR ".join(f'NEW."{column}" IS NOT OLD."{column}"' for column in columns)


SQLITE: dict[str, str] = {
    "api_keys_never_deleted": """
        CREATE TRIGGER api_keys_never_deleted BEFORE DELETE ON api_keys
        BEGIN SELECT RAISE(ABORT, 'a key is never deleted'); END
    """,
    "api_keys_never_replaced": """
        CREATE TRIGGER api_keys_never_replaced BEFORE INSERT ON api_keys
        WHEN EXISTS (SELECT 1 FROM api_keys WHERE pid = NEW.pid)
        BEGIN SELECT RAISE(ABORT, 'a key is never replaced'); END
    """,
    "api_keys_birth_immutable": f"""
        CREATE TRIGGER api_keys_birth_immutable BEFORE UPDATE ON api_keys
        WHEN {_changed(BIRTH)}
        BEGIN SELECT RAISE(ABORT, 'what a key was born with never changes'); END
    """,
    "api_keys_revoked_for_ever": f"""
        CREATE TRIGGER api_keys_revoked_for_ever BEFORE UPDATE ON api_keys
        WHEN OLD.revoked_at IS NOT NULL AND ({_changed(FROZEN)})
        BEGIN SELECT RAISE(ABORT, 'revoked is for ever'); END
    """,
    "audit_events_never_deleted": """
        CREATE TRIGGER audit_events_never_deleted BEFORE DELETE ON audit_events
        BEGIN SELECT RAISE(ABORT, 'an audit event is never deleted'); END
    """,
    "audit_events_never_changed": """
        CREATE TRIGGER audit_events_never_changed BEFORE UPDATE ON audit_events
        BEGIN SELECT RAISE(ABORT, 'an audit event never changes'); END
    """,
    "audit_events_never_replaced": """
        CREATE TRIGGER audit_events_never_replaced BEFORE INSERT ON audit_events
        WHEN EXISTS (SELECT 1 FROM audit_events
                     WHERE workspace_id = NEW.workspace_id AND sequence = NEW.sequence)
        BEGIN SELECT RAISE(ABORT, 'an audit event is never replaced'); END
    """,
}
SQLITE = {name: " ".join(sql.split()) for name, sql in (SQLITE | label_index.TRIGGERS).items()}

PRESENT = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def absent(present: dict[str, str]) -> list[str]:
    """Returns the guards that are missing from the triggers of a database, or other."""
    return [name for name, sql in SQLITE.items() if present.get(name) != sql]


def install(connection: sa.Connection) -> None:
    """Makes every guard that is missing or other; leaves the rest untouched."""
    present = {row.name: row.sql for row in connection.exec_driver_sql(PRESENT)}
    for name in absent(present):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(SQLITE[name])
