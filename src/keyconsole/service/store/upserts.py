"""Inserts that update the row that is there, for both databases."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from keyconsole.service.store.engine import Connection

PART = 500
"""Values that a statement names at once."""


def in_parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yields values in parts that one statement can name."""
    for start in range(0, len(values), PART):
        yield values[start : start + PART]


def insert_into(tx: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Returns an insert that takes `on_conflict_do_update`."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def is_before(
    column: sa.ColumnElement[int], other: sa.ColumnElement[int], future: int | None
) -> sa.ColumnElement[bool]:
    """Returns the condition that a stored time is replaced: an earlier one, or one after `future`.

    Without `future` only an earlier one.
    """
    before = column < other
    return before if future is None else before | (column > future)


def greatest(
    column: sa.ColumnElement[int], other: sa.ColumnElement[int], future: int | None = None
) -> sa.ColumnElement[int]:
    """Returns the greater of two times; a stored one after `future` does not count."""
    return sa.case((is_before(column, other, future), other), else_=column)


def latest_first(column: sa.ColumnElement[int], future: int | None) -> sa.ColumnElement[int]:
    """Returns what to order by, the latest time first; one after `future` comes last.

    Otherwise what a wrong clock wrote would push out whatever comes until that time.
    """
    known = column if future is None else sa.case((column > future, 0), else_=column)
    return known.desc()


def earlier_if_future(
    column: sa.ColumnElement[int], other: sa.ColumnElement[int], future: int | None
) -> sa.ColumnElement[int]:
    """Returns the stored time, or the other one if the stored one is after `future`."""
    return column if future is None else sa.case((column > future, other), else_=column)
