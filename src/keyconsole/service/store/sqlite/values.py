"""The search for values that are not of the type of their column, for `service check`."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from keyconsole.core import safetext
from keyconsole.service.store import damage
from keyconsole.service.store.inspection import Finding
from keyconsole.service.store.tables import metadata

_NAMED = 5
_LONGEST = 40
_STORED_AS = {bool: int, list: str, dict: str}
"""Checks that stored values have the types of their columns, which SQLite does not."""


def finding(raw: sqlite3.Connection) -> Finding:
    """Returns the finding about the values: table, column and row of the first damaged ones.

    Reads every row: about four seconds for a million keys.
    """
    named: list[str] = []
    count = 0
    for table in metadata.sorted_tables:
        for place in _places(raw, table):
            count += 1
            if count <= _NAMED:
                named.append(place)
    if not count:
        return Finding("values", ok=True, message="each of the type of its column")
    more = f"; and {count - _NAMED:,} more" if count > _NAMED else ""
    return Finding(
        "values",
        ok=False,
        message=f"Cannot be read, put them back from a backup: {'; '.join(named)}{more}.",
    )


def _places(raw: sqlite3.Connection, table: sa.Table) -> Iterator[str]:
    try:
        yield from [*_damaged(raw, table)]
    except sqlite3.OperationalError as error:
        if not damage.is_not_utf8(error):
            raise
        # Slower, and needed by few databases: each text is decoded on its own.
        raw.text_factory = damage.decode
        try:
            yield from [*_damaged(raw, table)]
        finally:
            raw.text_factory = str


def _damaged(raw: sqlite3.Connection, table: sa.Table) -> Iterator[str]:
    """Yields table, column and primary key of each damaged value."""
    columns = [*table.columns]
    allowed = [_types(column) for column in columns]
    key = [columns.index(column) for column in table.primary_key]
    names = ", ".join(f'"{column.name}"' for column in columns)
    sound: set[tuple[type, ...]] = set()
    for row in raw.execute(f'SELECT {names} FROM "{table.name}"'):  # noqa: S608 - names of ours
        types = tuple(map(type, row))
        if types in sound:
            continue
        wrong = [
            column.name
            for column, type_, fitting in zip(columns, types, allowed, strict=True)
            if type_ not in fitting
        ]
        if not wrong:
            sound.add(types)
        for name in wrong:
            yield f"{table.name}.{name} of {_shown([row[position] for position in key])}"


def _types(column: sa.Column[Any]) -> set[type]:
    kind = column.type.python_type
    stored = {_STORED_AS.get(kind, kind)}
    return stored | {type(None)} if column.nullable else stored


def _shown(key: Sequence[Any]) -> str:
    """Returns a primary key as a person finds it again."""
    texts = (each.hex() if isinstance(each, bytes) else str(each) for each in key)
    return " ".join(safetext.show(text)[:_LONGEST] for text in texts)
