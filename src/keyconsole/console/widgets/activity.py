"""The list of audit events, of an integration or of the workspace: who did what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console.routes import Place, Route
from keyconsole.console.styled_text import draw, fit, hang, stack
from keyconsole.console.widgets.columns import Column, drawn
from keyconsole.console.widgets.listing import Listing
from keyconsole.console.widgets.paging import Pages
from keyconsole.console.widgets.static import Static
from keyconsole.text import columns, times
from keyconsole.text.events import change_of, is_bulk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.content import Content

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import AuditEvent, Page

EDGES = 9
"""Cells left and right of the text of a screen, and the bar of a list."""


def nothing_happened(*, filtered: bool = False, note: str = "") -> list[Run]:
    """What stands there instead of events."""
    if filtered:
        return [
            ("No event matches.", "ink bold"),
            (f" {note}\n\n" if note else "\n\n", "amber"),
            ("esc", "brass bold"),
            (" shows all of them again", "dim"),
        ]
    return [("Nothing has happened yet.", "dim")]


class ActivityPane(Vertical):
    """Audit events, the newest first; `within` one integration, they do not name it.

    Where the list has no room for what changed and from where, lines below it say that of the
    event under the cursor.
    """

    def __init__(self, clock: Callable[[], datetime], *, within: bool = False) -> None:
        super().__init__(id="pane-activity")
        self.within = within
        self.clock = clock
        self.shows_ages = True
        self.listing: Listing[AuditEvent] = Listing(self._columns(), lambda event: event.id)
        self.pages = Pages(self.listing)

    def compose(self) -> ComposeResult:
        yield self.listing
        yield Static("", id="event-card")

    def _columns(self) -> list[Column[AuditEvent]]:
        listed = columns.without(columns.EVENTS, *(("integration_name",) if self.within else ()))
        exact = [columns.exactly(each) if each.name == "at" else each for each in listed]
        return drawn(listed if self.shows_ages else exact, self.clock)

    def toggle_ages(self) -> None:
        """Show when exactly something happened instead of how long ago, or the other way round."""
        self.shows_ages = not self.shows_ages
        self.listing.rows.show_columns(self._columns())
        self.listing.rows.refresh()
        self._draw_card()

    def label_of(self, action: str) -> str | None:
        """Returns the word of an action on events now, where that is not always the same."""
        return "ages" if action == "when" and not self.shows_ages else None

    def on_cursor_moved(self) -> None:
        self._draw_card()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_card)  # once the columns are placed

    def _draw_card(self) -> None:
        card, event = self.query_one("#event-card", Static), self.listing.rows.current
        shown = self.listing.rows.arrangement
        card.display = event is not None and not (shown.shows("More") and shown.shows("From"))
        if event is not None and card.display:
            is_named = self.within or shown.shows("Integration")
            card.update(_card(event, self.app.size.width - EDGES, is_named))

    @property
    def public_key(self) -> str | None:
        """The key that the line under the cursor is about, if it is about one."""
        event = self.listing.rows.current
        return event.target if event and event.target.startswith("kcp_") else None

    @property
    def route(self) -> Route | None:
        """Where what the line under the cursor is about can be looked at, if anywhere."""
        event = self.listing.rows.current
        if event is None:
            return None
        if is_bulk(event):
            return Route(Place.AUDIT, query=f"bulk:{event.revocation}")
        if event.target.startswith("kcp_"):
            return Route(Place.KEY, public_key=event.target)
        if event.integration_id or event.target.startswith("int_"):
            return Route(Place.INTEGRATION, event.integration_id or event.target)
        return None

    def put(self, page: Page[AuditEvent]) -> None:
        """Show the first page."""
        self.pages.put(page)
        self.listing.say_empty(*(() if page.items else nothing_happened()))


def _card(event: AuditEvent, room: int, names_integration: bool) -> Content:  # noqa: FBT001
    """When exactly, who, from where, what changed, and of which integration if no column says."""
    who: list[Run] = [(event.actor, "ink")]
    if event.address:
        who.append((f" from {event.address}", "dim"))
    head = draw(*fit([(f"{times.exact(event.at)}   ", "dim"), *who], room))
    change = change_of(event)
    if event.integration_name and not names_integration:
        change = [*change, (" · " if change else "", "faint"), (event.integration_name, "dim")]
    return stack([head, hang("", change, room, indent=0)] if change else [head])
