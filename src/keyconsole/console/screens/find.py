"""Find a key anywhere in the workspace: results from the service while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from keyconsole.console import times, work
from keyconsole.console.actions import Scope
from keyconsole.console.screens.key_actions import KeyActions
from keyconsole.console.screens.key_list import short_name, status_of
from keyconsole.console.widgets.columns import Column
from keyconsole.console.widgets.key_filter import KeyFilterBar, KeyFilterInput
from keyconsole.console.widgets.listing import CursorMoved, Listing, MoreWanted, RowPicked
from keyconsole.console.widgets.paging import Pages
from keyconsole.keyquery import KeyFilter, QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.ink import Line
    from keyconsole.console.widgets.filter import FilterBar
    from keyconsole.wire import Key, Page

PAGE = 100
HINT = "any part of a label, an end of kcp_…, status: unused: age: by: env: from:"


class FindInput(KeyFilterInput):
    """What is looked for."""

    SCOPE = Scope.FINDING


class FindBar(KeyFilterBar):
    """Always there. Escape in it leaves the screen, and what is typed is there again next time."""

    def __init__(self) -> None:
        super().__init__(HINT, FindInput(placeholder=HINT))

    def leave(self) -> None:
        self._apply()
        self.post_message(self.Left())

    def close(self) -> None:
        if isinstance(self.screen, FindScreen):
            self.screen.action_back()


class FindScreen(KeyActions):
    """ctrl+f. An answer to what is no longer asked is dropped."""

    SCOPES = (Scope.FIND, Scope.EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("g", "first", show=False)]

    def __init__(self, typed: str = "") -> None:
        super().__init__()
        self.typed = typed
        self.filter = KeyFilter()
        self.listing: Listing[Key] = Listing(self._columns(), lambda key: key.public_key)
        self.pages = Pages(self.listing)
        self.bar = FindBar()
        self._to_the_list = False

    def body(self) -> Sequence[Widget]:
        return [self.bar, self.listing]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Find a key"]

    def note(self) -> str:
        if not self.filter or not self.pages.is_known:
            return ""
        count = len(self.listing.rows.rows)
        more = "+" if self.pages.has_more else ""
        return f"{count:,}{more} key{'' if count == 1 else 's'}"

    def on_mount(self) -> None:
        super().on_mount()
        self.bar.open()
        self.bar.input.value = self.typed
        self.bar.input.action_end()
        self._say_if_empty()

    def current_key(self) -> Key | None:
        return self.listing.rows.current

    def makes_sense(self, action: str) -> bool:
        return action == "filter" or super().makes_sense(action)

    async def fetch(self) -> None:
        asked = self.filter
        if not asked:
            return
        page = await self._page()
        if asked == self.filter:
            self.pages.put(page)
            self._say_if_empty()
            self._focus_list()

    async def _page(self, cursor: str | None = None) -> Page[Key]:
        return await self.client.keys(
            sort="label", cursor=cursor, limit=PAGE, **self.filter.as_query()
        )

    def _say_if_empty(self) -> None:
        if self.listing.rows.rows:
            self.listing.say_empty()
        elif self.filter and self.pages.is_known:
            self.listing.say_empty(
                ("No key matches.\n\n", "ink bold"),
                ("A part of the label is enough, or the last characters of kcp_….", "dim"),
            )
        elif not self.filter:
            self.listing.say_empty(
                ("Which key?\n\n", "ink bold"),
                ("Type a part of its label, or of its public key. Narrow it down:\n", "dim"),
                *(
                    run
                    for term, means in (
                        ("status:active unused:90d", "works, and nobody has used it for 90 days"),
                        ("by:ops env:prod", "made by ops, for production"),
                        ("from:10.1.4.7", "used from there"),
                        ("age:<7d", "made within the last week"),
                    )
                    for run in (("\n  " + f"{term:<26}", "ink"), (means, "dim"))
                ),
            )

    # What the person does

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        try:
            asked = KeyFilter.parse(event.text, typing=True)
        except QueryError:
            return
        if asked != self.filter:
            self.filter = asked
            self.pages.reset()
            if not asked:
                self.listing.rows.put([])
                self._say_if_empty()
            self.reload()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        event.stop()
        self._to_the_list = True
        self._focus_list()

    def _focus_list(self) -> None:
        """Go to the keys, once there are any, if that was asked for."""
        if self._to_the_list and self.listing.rows.rows:
            self._to_the_list = False
            self.listing.rows.focus()

    def on_row_picked(self, event: RowPicked) -> None:
        event.stop()
        self.action_open()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        event.stop()
        self.update_frame()

    def on_more_wanted(self, event: MoreWanted) -> None:
        event.stop()
        work.start(self, self._fetch_next, "next", exclusive=True)

    async def _fetch_next(self) -> None:
        await self.pages.fetch_next(lambda cursor: self.ask(lambda: self._page(cursor)))

    def action_open(self) -> None:
        from keyconsole.console.screens.key_detail import KeyScreen

        if (key := self.current_key()) is not None:
            self.console_app.push_screen(KeyScreen(key))

    def action_filter(self) -> None:
        self._to_the_list = False
        self.bar.input.focus()

    def action_first(self) -> None:
        self.listing.rows.action_first()

    def action_back(self) -> None:
        self.console_app.sought = self.bar.text
        super().action_back()

    # How a row is drawn

    def _columns(self) -> list[Column[Key]]:
        return [
            Column("Label", self._label, 18, most=44),
            Column(
                "Public key",
                lambda key: [(key.public_key, "dim")],
                20,
                short=lambda key: [(f"…{key.public_key[-4:]}", "dim")],
                short_width=5,
                short_title="ID",
            ),
            Column("Status", lambda key: [status_of(key, self.console_app.clock())], 13, most=16),
            Column(
                "Integration", lambda key: [(key.integration_name, "ink")], 14, most=30, leaves=2
            ),
            Column(
                "Last used",
                lambda key: [(times.ago(key.last_used_at, self.console_app.clock()), "dim")],
                11,
            ),
            Column("By", lambda key: [(short_name(key.created_by), "dim")], 6, most=14, leaves=1),
        ]

    def _label(self, key: Key) -> Line:
        if key.status in ("revoked", "expired"):
            return [(key.label, "dim strike")]
        is_current = self.listing.rows.current_id == key.public_key
        return [(key.label, "ink bold" if is_current else "ink")]
