"""Guards inside PostgreSQL, for every writer of SQL: what is revoked stays, rows stay.

Each is a function with all of its sense in its text, which the server keeps as it was written,
so that a guard that somebody weakened is known from one that nobody touched. They hold for
replication and restores too (`ENABLE ALWAYS`), and TRUNCATE, which fires no trigger of a row,
has its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from keyconsole.service.store.tables import api_keys
from keyconsole.service.store.triggers import BIRTH, FROZEN

_ROW, _BEFORE, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 8, 16, 32
_TYPES = {
    "DELETE": _ROW | _BEFORE | _DELETE,
    "UPDATE": _ROW | _BEFORE | _UPDATE,
    "TRUNCATE": _BEFORE | _TRUNCATE,
}


@dataclass(frozen=True, slots=True)
class Guard:
    """A trigger before something happens to a table, and the function that refuses it."""

    name: str
    table: str
    event: str
    refusal: str
    condition: str = ""
    """The condition under which it refuses; empty if it always does."""

    @property
    def body(self) -> str:
        """The function, as the server keeps it."""
        refuse = (
            f"RAISE EXCEPTION '{self.refusal}' USING ERRCODE = 'integrity_constraint_violation';"
        )
        if not self.condition:
            return f"BEGIN {refuse} END"
        return f"BEGIN IF {self.condition} THEN {refuse} END IF; RETURN NEW; END"

    @property
    def facts(self) -> tuple[Any, ...]:
        """The row of `PRESENT` that the server has for it, unless somebody changed it."""
        return self.name, self.table, _TYPES[self.event], self.body

    @property
    def statements(self) -> Sequence[str]:
        """The statements that make it, or replace the one that is there."""
        each = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        return (
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger "
            f"LANGUAGE plpgsql AS $guard${self.body}$guard$",
            f"CREATE OR REPLACE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
            f"FOR EACH {each} EXECUTE FUNCTION {self.name}()",
            f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {self.name}",
        )


def _changed(columns: Iterable[str]) -> str:
    # JSON cannot be compared, and what is written anew is a change whatever it means.
    def of(row: str, name: str) -> str:
        is_json = api_keys.c[name].type.python_type in (list, dict)
        return f'{row}."{name}"{"::text" if is_json else ""}'

    return " OR ".join(f"{of('NEW', name)} IS DISTINCT FROM {of('OLD', name)}" for name in columns)


GUARDS = (
    Guard("api_keys_never_deleted", "api_keys", "DELETE", "a key is never deleted"),
    Guard("api_keys_never_truncated", "api_keys", "TRUNCATE", "a key is never deleted"),
    Guard(
        "api_keys_birth_immutable",
        "api_keys",
        "UPDATE",
        "what a key was born with never changes",
        _changed(BIRTH),
    ),
    Guard(
        "api_keys_revoked_for_ever",
        "api_keys",
        "UPDATE",
        "revoked is for ever",
        f"OLD.revoked_at IS NOT NULL AND ({_changed(FROZEN)})",
    ),
    Guard(
        "audit_events_never_deleted", "audit_events", "DELETE", "an audit event is never deleted"
    ),
    Guard(
        "audit_events_never_truncated",
        "audit_events",
        "TRUNCATE",
        "an audit event is never deleted",
    ),
    Guard("audit_events_never_changed", "audit_events", "UPDATE", "an audit event never changes"),
)

PRESENT = """
    SELECT t.tgname::text, c.relname::text, t.tgtype::integer, p.prosrc
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE t.tgrelid IN (to_regclass('api_keys'), to_regclass('audit_events'))
      AND NOT t.tgisinternal AND t.tgenabled = 'A'
      AND t.tgqual IS NULL AND cardinality(t.tgattr::smallint[]) = 0
"""
"""The guards that are whole: always on, for every row and every column."""


def absent(present: Iterable[Iterable[Any]]) -> list[str]:
    """Returns the guards that are missing from a database, or other than they were."""
    there = {tuple(row) for row in present}
    return [guard.name for guard in GUARDS if guard.facts not in there]


def install(connection: sa.Connection) -> None:
    """Makes every guard that is missing or other; leaves the rest untouched."""
    missing = absent(connection.exec_driver_sql(PRESENT).all())
    for guard in GUARDS:
        if guard.name in missing:
            for statement in guard.statements:
                connection.exec_driver_sql(statement)
