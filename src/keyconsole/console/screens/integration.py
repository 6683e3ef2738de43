"""One integration: Overview, API Keys, Activity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route, above_key
from keyconsole.console.screens.framed import NARROW
from keyconsole.console.screens.integration_actions import IntegrationActions
from keyconsole.console.screens.key_list_actions import KeyListActions
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.activity import ActivityPane
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.key_list import KeyList
from keyconsole.console.widgets.overview import OverviewPane
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.console.widgets.static import Static
from keyconsole.console.widgets.tabs import Tab, TabBar
from keyconsole.core.errors import UsageError
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.core.shortcuts import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from keyconsole.console.widgets.listing import ListRows
    from keyconsole.console.widgets.messages import (
        FilterChanged,
        TabPicked,
    )
    from keyconsole.wire import (
        AuditEvent,
        Integration,
        Key,
        KeyPage,
        Page,
    )

TITLES = {"overview": "Overview", "api-keys": "API Keys", "activity": "Activity"}
_SCOPE_OF = {"overview": Scope.OVERVIEW, "api-keys": Scope.KEYS, "activity": Scope.ACTIVITY}


class IntegrationScreen(KeyListActions, IntegrationActions):
    """The three tabs of one integration; Generate API key stands top right."""

    SCOPES = (Scope.OVERVIEW, Scope.KEYS, Scope.ACTIVITY, Scope.EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        integration: Integration,
        *,
        tab: str = "api-keys",
        select: str | None = None,
        query: str = "",
    ) -> None:
        super().__init__()
        self.integration = integration
        self.open_tab = tab
        self.wanted = select
        self.query_at_first = query
        self.tabs = TabBar(self._tabs(), tab)
        self.generate = Chip(
            key_of("new"), "Generate API key", "generate", primary=True, id="generate"
        )

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (_SCOPE_OF[self.open_tab], Scope.EVERYWHERE)

    def body(self) -> Sequence[Widget]:
        clock = self.console_app.clock
        self.keys = KeyList(clock)
        self.activity = ActivityPane(clock, within=True)
        self.overview = OverviewPane()
        return [
            Horizontal(self.tabs, self.generate, id="tab-line"),
            Static("", id="why-not"),
            self.overview,
            self.keys,
            self.activity,
        ]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Integrations", self.integration.name, TITLES[self.open_tab]]

    def parents(self) -> Sequence[Route]:
        return [Route(Place.INTEGRATIONS), *above_key(self.integration.id)[:2]]

    def note(self) -> str:
        return self.freshness()

    def on_mount(self) -> None:
        if self.query_at_first:
            self.keys.begin_with(self.query_at_first)
        self._show_tab()
        self._draw()

    def _tabs(self) -> list[Tab]:
        total = self.integration.key_counts.total
        return [
            Tab(name, title, str(total) if name == "api-keys" and total else "")
            for name, title in TITLES.items()
        ]

    def _show_tab(self) -> None:
        for name in TITLES:
            self.query_one(f"#pane-{name}").display = name == self.open_tab
        self.tabs.put(self._tabs(), self.open_tab)
        self.home().focus()
        self.update_frame()

    def home(self) -> Widget:
        homes: dict[str, Widget] = {
            "overview": self.overview,
            "api-keys": self.keys.listing.rows,
            "activity": self.activity.listing.rows,
        }
        return homes[self.open_tab]

    def _draw(self) -> None:
        self.tabs.put(self._tabs(), self.open_tab)
        reason = self.why_not_generate()
        self.set_class(bool(reason), "-why")
        how = self.what_would_help() if reason else []
        self.fill("#why-not", draw((reason, "amber"), *how))
        self.overview.put(self.integration, self.console_app.clock())
        self.keys.draw_sum(self.integration)
        self.update_frame()

    async def fetch(self) -> None:
        self.integration = await self.client.integration(self.integration.id)
        match self.open_tab:
            case "api-keys":
                await self._fetch_keys()
            case "activity":
                self.activity.put(await self._page_of_events())
        self._draw()

    async def _fetch_keys(self) -> None:
        self.keys.put(await self._page_of_keys(), self.integration)
        self.keys.say_if_empty(can_generate=not self.why_not_generate())
        if self.wanted is not None:
            wanted, self.wanted = self.wanted, None
            listing = self.keys.listing
            if not listing.rows.select(wanted) and listing.sort != "-created_at":
                # Beyond the first page by label; a new key is on the first by age.
                listing.sort_by("-created_at")
                self.keys.pages.reset()
                self.wanted = wanted
                await self._fetch_keys()

    async def _page_of_keys(self, cursor: str | None = None) -> KeyPage:
        return await self.client.keys(
            self.keys.filter,
            integration=self.integration.id,
            sort=self.keys.listing.sort,
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    async def _page_of_events(
        self, cursor: str | None = None, *, grouped: bool = True
    ) -> Page[AuditEvent]:
        return await self.client.audit(
            integration=self.integration.id, cursor=cursor, limit=PAGE_SIZE, grouped=grouped
        )

    def on_more_wanted(self) -> None:
        workers.start(self, self._fetch_next, "next")

    async def _fetch_next(self) -> None:
        if self.open_tab == "api-keys":
            await self.keys.pages.fetch_next(
                lambda cursor: self.ask(lambda: self._page_of_keys(cursor))
            )
        else:
            await self.activity.pages.fetch_next(
                lambda cursor: self.ask(lambda: self._page_of_events(cursor))
            )

    def show_key(self, public_key: str) -> None:
        """Put the cursor on a key, once the list has it."""
        self.wanted = public_key
        self.keys.show_all()
        self.action_tab("api-keys")
        self.reload()

    def subject(self) -> object | None:
        return self._opened_by_event if self.open_tab == "activity" else self.current_key()

    @property
    def _opened_by_event(self) -> Route | None:
        """The screen that the event under the cursor leads to, if it is another one than this."""
        route = self.activity.route
        return None if route is None or route.place is Place.INTEGRATION else route

    def is_enabled(self, action: str) -> bool:
        if action == "filter":
            return bool(self.keys.listing.rows.rows) or self.keys.is_filtered
        return super().is_enabled(action)

    @property
    def has_rows(self) -> bool:
        listing = self.activity.listing if self.open_tab == "activity" else self.keys.listing
        return bool(listing.rows.rows)

    def label_of(self, action: str) -> str | None:
        if action == "toggle_integration" and self.integration.status == "disabled":
            return "enable"
        if action == "back" and not self.marked and self._is_filtered:
            return "all keys"
        return self.activity.label_of(action) or super().label_of(action)

    @property
    def _is_filtered(self) -> bool:
        return self.open_tab == "api-keys" and self.keys.is_filtered

    def on_cursor_moved(self) -> None:
        self.update_frame()

    def redraw(self) -> None:
        narrow = self.app.size.width < NARROW
        self.generate.rename(key_of("new"), "Generate" if narrow else "Generate API key")
        self._draw()

    # Actions of the person

    def action_tab(self, name: str) -> None:
        if name != self.open_tab:
            self.open_tab = name
            self.say()
            self._show_tab()
            self.reload()

    def action_next_tab(self, step: int) -> None:
        names = list(TITLES)
        self.action_tab(names[(names.index(self.open_tab) + step) % len(names)])

    def on_tab_picked(self, event: TabPicked) -> None:
        self.action_tab(event.name)

    def update_frame(self) -> None:
        super().update_frame()
        lost = "The service does not answer." if self.console_app.link.lost else ""
        self.generate.turn_off(self.why_not_generate() or lost)

    def integration_changed(self) -> None:
        self._draw()

    def current_key(self) -> Key | None:
        return self.keys.current if self.open_tab == "api-keys" else None

    def on_row_picked(self) -> None:
        if self.open_tab == "api-keys":
            self.action_open()
        else:
            self.action_open_key()

    def action_open_key(self) -> None:
        if (route := self._opened_by_event) is not None:
            self.router.go(route)

    def action_save_list(self) -> None:
        if self.open_tab == "activity":
            self.save_list("audit-log", partial(self._page_of_events, grouped=False))
        else:
            self.save_list("keys", self._page_of_keys)

    def action_when(self) -> None:
        self.activity.toggle_ages()
        self.update_frame()

    def key_rows(self) -> ListRows[Key] | None:
        return self.keys.listing.rows if self.open_tab == "api-keys" else None

    def keys_shown(self) -> tuple[Integration, KeyQuery]:
        return self.integration, self.keys.filter

    def marks_changed(self) -> None:
        self.keys.draw_sum(self.integration)
        super().marks_changed()

    def sort_by(self, column: str) -> bool:
        is_sorted = self.open_tab == "api-keys" and self.keys.listing.sort_by_column(column)
        if is_sorted:
            self.keys.pages.reset()
            self.reload()
        return is_sorted

    def action_sort(self) -> None:
        self.keys.listing.next_sort()
        self.keys.pages.reset()
        self.reload()

    def action_filter(self) -> None:
        self.keys.query_one(FilterBar).open()

    def on_filter_changed(self, event: FilterChanged) -> None:
        try:
            self.keys.ask_for(KeyQuery.parse(event.text, typing=True))
        except UsageError as error:
            self.say((error.message, "amber"))
        else:
            self.say()
            self.reload()

    def on_filter_left(self) -> None:
        self.keys.listing.rows.focus()

    def action_back(self) -> None:
        if not self.marked and self._is_filtered:
            self.keys.show_all()
        else:
            super().action_back()
