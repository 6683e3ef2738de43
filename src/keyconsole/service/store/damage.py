"""Values of a row that somebody spoilt: SQLite keeps bytes, or no UTF-8, in a column of text.

They are read as marked values, so that a list shows the row, and the audit chain refuses it
whatever the bytes say.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa


class DamagedText(str):
    """A text that was not stored as one: with U+FFFD for what cannot be read, or empty."""

    __slots__ = ()


class DamagedNumber(int):
    """Zero, in the place of what was no number."""

    __slots__ = ()


class StoredText(sa.Text):
    """Text on SQLite, which checks no types."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any]:  # noqa: ARG002
        """Returns the function that every value goes through."""
        return as_text


def as_text(value: Any) -> Any:
    """The value of a column of text as text, marked if it was none; `None` stays."""
    if value is None or value.__class__ is str:
        return value
    return DamagedText(value.decode(errors="replace") if isinstance(value, bytes) else value)


def decode(content: bytes) -> str:
    """A `text_factory` of `sqlite3` that marks what is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return DamagedText(content.decode(errors="replace"))


def required_text(value: Any) -> str:
    """The text of a column that has no NULL, marked where it has one all the same."""
    return DamagedText() if value is None else as_text(value)


def required_number(value: Any) -> int:
    """The number of a column that has no NULL, marked where it is none."""
    return value if isinstance(value, int) else DamagedNumber()


def is_damaged(value: object) -> bool:
    """Whether a value was marked when it was read."""
    return isinstance(value, DamagedText | DamagedNumber)
