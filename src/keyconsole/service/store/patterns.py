"""Substrings as LIKE patterns, with the characters that LIKE reads as its own escaped.

NUL ends a pattern in SQLite, so that what is left of it would match what it must not; no text
that is stored holds one.
"""

import sqlalchemy as sa

_LAST = "\U0010ffff"


def after(part: str) -> str:
    """What every text that begins with `part` is less than."""
    return part + _LAST


def containing(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """The column contains the text, whatever characters it has."""
    return sa.false() if "\0" in part else column.contains(part, autoescape=True)


def starting(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """The column starts with the text."""
    return sa.false() if "\0" in part else column.startswith(part, autoescape=True)


def ending(column: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """The column ends with the text."""
    return sa.false() if "\0" in part else column.endswith(part, autoescape=True)


def glob(column: sa.ColumnElement[str], pattern: str) -> sa.ColumnElement[bool]:
    """The whole column matches a pattern: `*` is any text, `?` any character."""
    if "\0" in pattern:
        return sa.false()
    escaped = "".join(f"\\{c}" if c in "\\%_" else c for c in pattern)
    return column.like(escaped.replace("*", "%").replace("?", "_"), escape="\\")
