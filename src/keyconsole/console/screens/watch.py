"""Watch: who still presents keys that are refused, from where, how often, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.styled_text import draw, width
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.console.widgets.static import Static
from keyconsole.text import columns, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Line, Run
    from keyconsole.wire import Page, Refusal

LIVE_SECONDS = 2.0


class WatchScreen(ListScreen["Refusal"]):
    """`/refusals`, kept live. What has come since it was opened stands beside the count."""

    SCOPES = (Scope.WATCH, Scope.EVERYWHERE)
    OPENS = "open_key"
    SAVED_AS = "refused-keys"
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(self.listing_of(columns.REFUSALS, _name, count=self._count))
        self.at_first: dict[str, int] | None = None

    def body(self) -> Sequence[Widget]:
        return [Vertical(self.listing, Static("", id="watch-rest"), id="pane-watch")]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Refused keys"]

    def note(self) -> str:
        return "live" if self.is_current_truth else self.freshness()

    def on_mount(self) -> None:
        self.set_interval(LIVE_SECONDS, self.poll)

    def put(self, page: Page[Refusal]) -> None:
        if self.at_first is None:
            self.at_first = {_name(row): row.count for row in page.items}
        super().put(page)

    def nothing(self) -> Sequence[Run]:
        return [
            ("Nobody presents a key that is refused.\n\n", "ink bold"),
            ("Revoked, expired and disabled keys show up here as soon as somebody tries one, "
             "with where from and with what. So do forged values.", "dim"),
        ]  # fmt: skip

    async def page(self, cursor: str | None = None) -> Page[Refusal]:
        return await self.client.refusals(
            workspace=self.console_app.workspace_id, cursor=cursor, limit=PAGE_SIZE
        )

    # Actions of the person

    def moved(self) -> None:
        self._draw_rest()

    def redraw(self) -> None:
        self.call_after_refresh(self._draw_rest)

    def action_open_key(self) -> None:
        if (row := self.current) is not None:
            self.router.go(Route(Place.KEY, public_key=row.public_key))

    # Drawing of a row

    def _count(self, row: Refusal) -> Line:
        before = (self.at_first or {}).get(_name(row), 0)
        if self.at_first is None or row.count == before:
            return [(f"{row.count:,}", "dim")]
        return [(f"+{row.count - before:,} ", "amber"), (f"{row.count:,}", "ink")]

    def _draw_rest(self) -> None:
        """Shows what the columns have no room for, of the row under the cursor."""
        row = self.listing.rows.current
        rest = self.query_one("#watch-rest", Static)
        runs = [] if row is None else self._rest(row)
        rest.display = bool(runs)
        rest.update(draw(*runs))

    def _rest(self, row: Refusal) -> list[Run]:
        shows, at = self.listing.rows.arrangement.shows, self.console_app.clock()
        known: list[tuple[str, int, Run]] = [
            ("Label", width([(row.label, "")]), (row.label, "ink bold")),
            ("From", len(row.address), (f"from {row.address}", "ink")),
            ("With", len(row.agent), (f"with {row.agent or 'no agent'}", "dim")),
            ("Last", 0, (f"last {times.ago(row.last_at, at)}", "dim")),
            ("Since", 0, (f"since {times.day(row.first_at, at)}", "dim")),
        ]
        runs: list[Run] = []
        for title, needed, told in known:
            if not shows(title, needed):
                runs += [(" · ", "faint"), told] if runs else [told]
        return runs


def _name(row: Refusal) -> str:
    return "\0".join((row.public_key, row.reason, row.address, row.agent))
