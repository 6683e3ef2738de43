"""Parts of texts as SQL. No character has a meaning of its own, but `*` and `?` in `glob`.

NUL ends a pattern in SQLite and is refused by PostgreSQL; no text that is stored holds one.
"""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_LAST = "\U0010ffff"


class _Position(FunctionElement[int]):
    """The place at which a text begins within another, from 1; 0 if it does not occur."""

    name = "position"
    type = sa.Integer()
    inherit_cache = True


@compiles(_Position, "sqlite")
def _instr(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Position, "postgresql")
def _strpos(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def after(part: str) -> str:
    """Returns a text that is greater than every text that begins with `part`."""
    return part + _LAST


def containing(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """Returns the condition that the column, a label or a name, contains the text.

    Not LIKE: its cost is the product of both lengths, that of `instr` about their sum.
    """
    return sa.false() if "\0" in part else _Position(column, part) > 0


def carries(column: sa.ColumnElement[list[str]], scope: str) -> sa.ColumnElement[bool]:
    """Returns the condition that a stored list has a scope.

    A scope has no quotes and no backslashes, so that the JSON of the list holds it in quotes.
    """
    return containing(sa.cast(column, sa.Text), f'"{scope}"')


def tagged(
    column: sa.ColumnElement[dict[str, str]], name: str, value: str | None
) -> sa.ColumnElement[bool]:
    """Returns the condition that a stored object of texts has a name, with this value or with any.

    Within the JSON of a text every quote is escaped, so that only a name begins like this.
    """
    entry = f"{json.dumps(name)}: " + ("" if value is None else json.dumps(value))
    stored = sa.cast(column, sa.Text)
    return containing(stored, f"{{{entry}") | containing(stored, f", {entry}")


def starting(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """Returns the condition that the column starts with the text."""
    return sa.false() if "\0" in part else column.startswith(part, autoescape=True)


def ending(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """Returns the condition that the column ends with the text."""
    return sa.false() if "\0" in part else column.endswith(part, autoescape=True)


def longest_literal(pattern: str) -> str:
    """Returns the longest part of a pattern for `glob` that has no `*` and no `?`."""
    return max(pattern.replace("?", "*").split("*"), key=len)


def glob(column: sa.ColumnElement[str], pattern: str) -> sa.ColumnElement[bool]:
    """Returns the condition that the column matches a pattern: `*` any text, `?` any character."""
    if "\0" in pattern:
        return sa.false()
    escaped = "".join(f"\\{c}" if c in "\\%_" else c for c in pattern)
    return column.like(escaped.replace("*", "%").replace("?", "_"), escape="\\")
