"""Inserts that update the row that is there, for both databases."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    return _insert_of(tx.dialect.name, table)


def _insert_of(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    # Only the dialect that is in use is loaded: the other takes 50 ms of the start of a console.
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


async def add_counts(
    tx: Connection, table: sa.Table, counted: Iterable[tuple[tuple[str | int, ...], int]]
) -> None:
    """Adds counts to the rows of a table, each given with its primary key, in their order.

    The last column of the table is the count.
    """
    counts: Counter[tuple[str | int, ...]] = Counter()
    for place, count in counted:
        counts[place] += count
    if not counts:
        return
    names = [each.name for each in table.columns]
    rows = [dict(zip(names, (*place, counts[place]), strict=True)) for place in sorted(counts)]
    await tx.execute(_addition(tx.dialect.name, table), rows)


@cache
def _addition(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    *key, column = table.columns
    statement = _insert_of(dialect, table)
    total = {column.name: column + statement.excluded[column.name]}
    return statement.on_conflict_do_update(index_elements=key, set_=total)


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
