"""Column types that read what somebody spoilt: SQLite keeps any value in any column.

A value that is not of the type of its column is read as a marked one, so that a list shows its row,
and each reading is the one that lets nobody through: a spoilt time has passed long ago, a spoilt
role is the least, and the audit chain refuses the event whatever the bytes say.
"""

import sqlite3
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from keyconsole.core import limits


class DamagedText(str):
    """A text that was not stored as one: with U+FFFD for what cannot be read, or empty."""

    __slots__ = ()


class DamagedNumber(int):
    """A small number in the place of what was no number, or was negative."""

    __slots__ = ()


class DamagedBytes(bytes):
    """No bytes, in the place of what was something else."""

    __slots__ = ()


class DamagedList(list[str]):
    """An empty list, in the place of what was no list of texts."""

    __slots__ = ()


class DamagedObject(dict[str, Any]):
    """An empty object, in the place of what was none."""

    __slots__ = ()


_MARKED = frozenset({DamagedText, DamagedNumber, DamagedBytes, DamagedList, DamagedObject})
_NOT_UTF8 = "Could not decode to UTF-8"
_LONG_AGO = 1
"""A time in place of a damaged one. It is not 0, which means "never" in some columns."""

Processor = Callable[[Any], Any]


class StoredText(sa.Text):
    """Text on SQLite, which checks no types."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Processor:  # noqa: ARG002
        """Returns the function that every value goes through."""
        return as_text


class StoredInteger(sa.Integer):
    """A number that is not negative on SQLite, which checks no types."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Processor:  # noqa: ARG002
        """Returns the function that every value goes through."""
        return as_number


class StoredBigInteger(sa.BigInteger):
    """A `StoredInteger` of 64 bits, mostly a time in milliseconds since 1970."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Processor:  # noqa: ARG002
        """Returns the function that every value goes through."""
        return as_number


class StoredBytes(sa.LargeBinary):
    """Bytes on SQLite, which checks no types."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> Processor:  # noqa: ARG002
        """Returns the function that every value goes through."""
        return as_bytes


class StoredWord(sa.types.TypeDecorator[str]):
    """One of the words of an enumeration, on both databases; `otherwise` where it is none."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, words: type[StrEnum], otherwise: StrEnum) -> None:
        super().__init__()
        self.words = words
        self.otherwise = otherwise
        self._known = frozenset(map(str, words))

    def load_dialect_impl(self, dialect: Any) -> sa.types.TypeEngine[Any]:
        """Compares by bytes on PostgreSQL, as SQLite does."""
        return sa.Text(collation="C" if dialect.name == "postgresql" else None)

    @property
    def python_type(self) -> type:
        """The type of a value that is not damaged."""
        return str

    def process_result_value(self, value: Any, dialect: Any) -> Any:  # noqa: ARG002
        """Returns a word, marked where the stored value is none."""
        if value is None or value in self._known:
            return value
        return DamagedText(self.otherwise)


class StoredTexts(sa.types.TypeDecorator[list[str]]):
    """A JSON list of texts, on both databases."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    @property
    def python_type(self) -> type:
        """The type of a value that is not damaged."""
        return list

    def process_result_value(self, value: Any, dialect: Any) -> Any:  # noqa: ARG002
        """Returns the list, or an empty one that is marked."""
        if value is None or (isinstance(value, list) and _are_texts(value)):
            return value
        return DamagedList()


class StoredObject(sa.types.TypeDecorator[dict[str, Any]]):
    """A JSON object, on both databases; `of_texts` if each of its values is a text."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, *, of_texts: bool) -> None:
        super().__init__()
        self.of_texts = of_texts

    @property
    def python_type(self) -> type:
        """The type of a value that is not damaged."""
        return dict

    def process_result_value(self, value: Any, dialect: Any) -> Any:  # noqa: ARG002
        """Returns the object, or an empty one that is marked."""
        if value is None:
            return None
        if isinstance(value, dict) and not (self.of_texts and not _are_texts(value.values())):
            return value
        return DamagedObject()


class StoredLimits(StoredObject):
    """The limits of a key as `core.limits` keeps them, on both databases."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(of_texts=False)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Returns the limits, or an empty object that is marked."""
        found = super().process_result_value(value, dialect)
        return DamagedObject() if limits.of_stored(found) is None else found


def as_text(value: Any) -> Any:
    """Returns the value of a column of text, marked if it was none; `None` stays."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, DamagedText):
        return value
    return DamagedText(value.decode(errors="replace") if isinstance(value, bytes) else value)


def as_number(value: Any) -> Any:
    """Returns the value of a column of numbers, marked if none or negative; `None` stays."""
    if value is None or (value.__class__ is int and value >= 0):
        return value
    return DamagedNumber(_LONG_AGO)


def as_bytes(value: Any) -> Any:
    """Returns the value of a column of bytes, marked if it was none; `None` stays."""
    return value if value is None or value.__class__ is bytes else DamagedBytes()


def decode(content: bytes) -> str:
    """Decodes as a `text_factory` of `sqlite3`, and marks what is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return DamagedText(content.decode(errors="replace"))


def is_not_utf8(error: sqlite3.Error) -> bool:
    """Returns true if a statement met a text that is not UTF-8, and may be run with `decode`."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith(_NOT_UTF8)


def required_text(value: Any) -> str:
    """Returns the text of a column that has no NULL, marked if it has one all the same."""
    return DamagedText() if value is None else as_text(value)


def required_number(value: Any) -> int:
    """Returns the number of a column that has no NULL, marked if it is none."""
    return value if isinstance(value, int) else DamagedNumber()


def is_damaged(value: object) -> bool:
    """Returns true for a value that was marked when it was read."""
    return value.__class__ in _MARKED


def has_damage(values: Iterable[object]) -> bool:
    """Returns true if one of the values of a row was marked when it was read."""
    return not _MARKED.isdisjoint(map(type, values))


def _are_texts(values: Iterable[Any]) -> bool:
    return all(each.__class__ is str for each in values)
