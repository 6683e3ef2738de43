"""Every message of a widget: what happened there, for the screen to answer."""

from dataclasses import dataclass

from textual.message import Message


class RowPicked(Message):
    """A row was chosen with Enter or a click."""


class CursorMoved(Message):
    """The cursor is on another row, or there are no rows."""


class MoreWanted(Message):
    """The cursor came near an end of what was fetched."""


@dataclass
class HeadPicked(Message):
    """The head of a column of that name was clicked."""

    name: str


@dataclass
class CrumbPicked(Message):
    """A part of the path was clicked: the first of them is 0."""

    depth: int


@dataclass
class FilterChanged(Message):
    """The filter is another one, after a short pause in typing."""

    text: str


class FilterLeft(Message):
    """The list wants the focus back."""


@dataclass
class ChoiceChanged(Message):
    """Another option was chosen, in the choice of that id."""

    choice_id: str


@dataclass
class DigitTyped(Message):
    """A digit was pressed on a choice of days."""

    digit: str


@dataclass
class PasteTooLong(Message):
    """More characters were pasted than any field takes: `size` of them."""

    size: int


class PasteRefused(Message):
    """Something was pasted where only typing counts."""


@dataclass
class TabPicked(Message):
    """The title of a tab was clicked."""

    name: str


class SecretMasked(Message):
    """The value is masked again."""
