"""A list of keys that can be ordered by several columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keyconsole.console.widgets.columns import Column, drawn
from keyconsole.console.widgets.listing import Listing
from keyconsole.text import columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from keyconsole.console.styled_text import Line
    from keyconsole.wire import Key

SORTS = ("label", "-created_at", "-last_used_at")
"""The orders that follow one another; a click on the head of a sorted column turns it around."""
_TITLES = {"label": "Label", "created_at": "Created", "last_used_at": "Last used"}


def _headed(column: Column[Key], arrow: str) -> str:
    """Returns the head of the column that the list is ordered by."""
    apart = f"{column.title} {arrow}"
    return apart if len(apart) <= column.width else column.title + arrow


class KeyListing(Listing["Key"]):
    """Keys with an arrow at the head of the column that they are ordered by.

    Where the list is too narrow for that column, the rule below the heads names it. `status` draws
    the status of a key in place of the column itself.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *left_out: str,
        status: Callable[[Key], Line] | None = None,
    ) -> None:
        self.clock, self.left_out = clock, left_out
        self.drawn_otherwise = {} if status is None else {"status": status}
        self.sort = "label"
        self.order = self.sort
        """The column that the service orders by; not that of `sort` where too many keys match."""
        super().__init__(self._columns(), lambda key: key.public_key)

    def next_sort(self) -> None:
        """Orders by the next column from the next fetch on."""
        known = SORTS.index(self.sort) if self.sort in SORTS else -1
        self.sort_by(SORTS[(known + 1) % len(SORTS)])

    def sort_by_column(self, name: str) -> bool:
        """Orders by a column, the other way round if it is that one; false if none can."""
        sort = next((each for each in SORTS if each.lstrip("-") == name), None)
        if sort is None:
            return False
        turned = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
        self.sort_by(turned if sort == self.sort else sort)
        return True

    def sort_by(self, sort: str) -> None:
        """Orders by `sort`, one of `SORTS` or the other way round, from the next fetch on."""
        self.sort = sort
        self.show_order(sort)

    def show_order(self, order: str) -> None:
        """Marks the column that the list is ordered by."""
        if order != self.order:
            self.order = order
            self.rows.columns = self._columns()
            self.rows.relayout()
            self.draw_head()

    @property
    def arrow(self) -> str:
        """The direction of the order."""
        return "↓" if self.order.startswith("-") else "↑"

    def remark(self) -> str:
        title = _TITLES[self.order.lstrip("-")]
        is_shown = any(each.column.title.startswith(title) for each in self.rows.arrangement.placed)
        return "" if is_shown else f"ordered by {title.lower()} {self.arrow}"

    def _columns(self) -> list[Column[Key]]:
        shown = drawn(
            columns.without(columns.KEYS, *self.left_out),
            self.clock,
            lambda key: self.rows.current_id == key.public_key,
            **self.drawn_otherwise,
        )
        return [
            replace(column, title=_headed(column, self.arrow))
            if column.name == self.order.lstrip("-")
            else column
            for column in shown
        ]
