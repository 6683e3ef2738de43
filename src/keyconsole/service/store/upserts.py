"""An insert that adds to what is there: both databases say it in one way."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from keyconsole.service.store.engine import Connection


def insert_into(tx: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens on a conflict."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def later(column: sa.ColumnElement[int], other: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """The larger of two; `max` of two is a function of SQLite only."""
    return sa.case((column < other, other), else_=column)
