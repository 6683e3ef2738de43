"""The API Keys tab: every key of one integration, filtered and sorted by the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console.key_runs import count_runs
from keyconsole.console.styled_text import Line, Run, draw
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.key_listing import KeyListing
from keyconsole.console.widgets.paging import Pages
from keyconsole.console.widgets.static import Static
from keyconsole.console.widgets.term_filter import KeyFilterBar
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.core.shortcuts import key_of
from keyconsole.text import bulk, columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.app import ComposeResult

    from keyconsole.wire import Integration, Key, KeyPage

HEAD = 2
SUM = 2


class KeyList(Vertical):
    """Filter line, list, and the sum below it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(id="pane-api-keys")
        self.clock = clock
        self.filter = KeyQuery()
        self.note = ""
        self.integration_off = False
        self.listing = KeyListing(clock, "integration_name", status=self._status)
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
        self.listing.show_order(page.order or self.listing.sort)
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
            line = [(f"{marked:,} marked of {total:,} key{plural}, ", "brass"),
                    (key_of("revoke_many"), "brass bold"), (f" revokes {bulk.them(marked)}", "dim"),
                    *([("   ", ""), *line] if self.note else ())]  # fmt: skip
        self.query_one("#keys-sum", Static).update(draw(*line) if total else draw())

    def fit_rows(self) -> None:
        """Make the list as high as its rows, so that the sum stands below the last of them."""
        rows = len(self.listing.rows.rows)
        room = self.size.height - self.query_one(FilterBar).outer_size.height - HEAD - SUM
        self.listing.styles.height = rows + HEAD if 0 < rows <= room else "1fr"

    def on_resize(self) -> None:
        self.fit_rows()

    def _status(self, key: Key) -> Line:
        return columns.key_status(key, self.clock(), integration_off=self.integration_off)
