"""The API Keys tab: every key of one integration, filtered and sorted by the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console.key_runs import count_runs
from keyconsole.console.styled_text import Line, Run, draw
from keyconsole.console.widgets.columns import Column, drawn
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.listing import Listing
from keyconsole.console.widgets.paging import Pages
from keyconsole.console.widgets.static import Static
from keyconsole.console.widgets.term_filter import KeyFilterBar
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.core.shortcuts import key_of
from keyconsole.text import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult

    from keyconsole.wire import Integration, Key, KeyPage

SORTS = ("label", "-created_at", "-last_used_at")
"""The orders that follow one another; a click on the head of a sorted column turns it around."""
HEAD = 2
SUM = 2


def order_by(column: str, before: str) -> str | None:
    """Returns the order by a column, the other way round if it is that one; None if none can."""
    sort = next((each for each in SORTS if each.lstrip("-") == column), None)
    if sort is None or sort != before:
        return sort
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


def headed(columns: Sequence[Column[Key]], order: str) -> list[Column[Key]]:
    """Returns columns with an arrow at the one of the order; close by where it is narrow."""
    arrow = "↓" if order.startswith("-") else "↑"

    def titled(column: Column[Key]) -> Column[Key]:
        apart = f"{column.title} {arrow}"
        title = apart if len(apart) <= column.width else column.title + arrow
        return replace(column, title=title) if column.name == order.lstrip("-") else column

    return [titled(each) for each in columns]


class KeyList(Vertical):
    """Filter line, list, and the sum below it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(id="pane-api-keys")
        self.clock = clock
        self.filter = KeyQuery()
        self.sort = "label"
        self.order = self.sort
        """What the service sorts by; another order where too many match for `sort`."""
        self.note = ""
        self.integration_off = False
        self.listing: Listing[Key] = Listing(self._columns(), lambda key: key.public_key)
        self.pages = Pages(self.listing)

    def compose(self) -> ComposeResult:
        yield KeyFilterBar()
        yield self.listing
        yield Static("", id="keys-sum")

    @property
    def current(self) -> Key | None:
        """The key under the cursor."""
        return self.listing.rows.current

    @property
    def is_filtered(self) -> bool:
        """Whether some keys are not shown."""
        return self.filter != KeyQuery()

    def put(self, page: KeyPage, integration: Integration) -> None:
        """Show the first page of what was asked for."""
        self.show_order(page.order or self.sort)
        self.note = page.note
        self.integration_off = integration.status == "disabled"
        self.pages.put(page)
        self.query_one(KeyFilterBar).remember(page.items)
        self.draw_sum(integration)
        self.fit_rows()

    def say_if_empty(self, *, can_generate: bool) -> None:
        """A sentence where there is no row to show."""
        if self.listing.rows.rows:
            self.listing.say_empty()
        elif self.is_filtered:
            self.listing.say_empty(
                ("No key matches.", "ink bold"),
                (f" {self.filter.doubt}\n\n" if self.filter.doubt else "\n\n", "amber"),
                ("esc", "brass bold"),
                (" shows all of them again", "dim"),
            )
        else:
            first: list[Run] = [
                (f"\n{key_of('new')}", "brass bold"),
                (" generates the first", "dim"),
            ]
            self.listing.say_empty(
                ("No API keys yet.\n\n", "ink bold"),
                (
                    "A key lets one program call on behalf of this integration. Its value is "
                    "shown once, when it is generated; the service keeps only a hash.\n",
                    "dim",
                ),
                *(first if can_generate else []),
            )

    def ask_for(self, query: KeyQuery) -> None:
        """Filter by `query` from the next fetch on."""
        self.filter = query
        self.pages.reset()

    def begin_with(self, query: str) -> None:
        """Filter by what somebody else asked for, and say so in the filter line."""
        self.filter = KeyQuery.parse(query)
        self.query_one(FilterBar).show(query)

    def show_all(self) -> None:
        """Take the filter away."""
        if self.is_filtered:
            self.ask_for(KeyQuery())
            self.query_one(FilterBar).close()

    def next_sort(self) -> None:
        """Sort by the next column; the arrow at its head says which."""
        known = SORTS.index(self.sort) if self.sort in SORTS else -1
        self.sort_by(SORTS[(known + 1) % len(SORTS)])

    def sort_by_column(self, name: str) -> bool:
        """Sort by a column, the other way round if it is that one; false if none can."""
        if (order := order_by(name, self.sort)) is not None:
            self.sort_by(order)
        return order is not None

    def sort_by(self, sort: str) -> None:
        """Sort by `sort`, one of `SORTS` or the other way round, from the next fetch on."""
        self.sort = sort
        self.pages.reset()
        self.show_order(sort)

    def show_order(self, order: str) -> None:
        """Mark the column that the list is sorted by."""
        if order != self.order:
            self.order = order
            self.listing.rows.columns = self._columns()
            self.listing.rows.relayout()
            self.listing.draw_head()

    def draw_sum(self, integration: Integration) -> None:
        """Say how many keys there are, by state."""
        total = integration.key_counts.total
        plural = "" if total == 1 else "s"
        lead = f"{total} key{plural}: "
        if self.is_filtered:
            more = "+" if self.pages.has_more else ""
            lead = f"{len(self.listing.rows.rows)}{more} of {total} shown.  "
        line = [(lead, "dim"), *count_runs(integration.key_counts)]
        if self.note:
            line = [(self.note, "amber")]
        if marked := len(self.listing.rows.marked):
            line = [(f"{marked:,} marked  ", "brass"), (key_of("revoke_many"), "brass bold"),
                    (" revokes them   ", "dim"), *line]  # fmt: skip
        self.query_one("#keys-sum", Static).update(draw(*line) if total else draw())

    def fit_rows(self) -> None:
        """Make the list as high as its rows, so that the sum stands below the last of them."""
        rows = len(self.listing.rows.rows)
        room = self.size.height - self.query_one(FilterBar).outer_size.height - HEAD - SUM
        self.listing.styles.height = rows + HEAD if 0 < rows <= room else "1fr"

    def on_resize(self) -> None:
        self.fit_rows()

    def _columns(self) -> list[Column[Key]]:
        shown = drawn(
            columns.without(columns.KEYS, "integration_name"),
            self.clock,
            lambda key: self.listing.rows.current_id == key.public_key,
            status=self._status,
        )
        return headed(shown, self.order)

    def _status(self, key: Key) -> Line:
        return columns.key_status(key, self.clock(), integration_off=self.integration_off)
