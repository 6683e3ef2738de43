"""Integrations: what this workspace talks to, and how its keys are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from keyconsole.console.actions import Scope
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.widgets.attention_strip import AttentionStrip
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.core.errors import NotFoundError
from keyconsole.core.shortcuts import key_of
from keyconsole.text import attention, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Line, Run
    from keyconsole.console.widgets.messages import FilterChanged
    from keyconsole.wire import Attention, AttentionItem, Integration, Page


WITHOUT_MARKS = columns.without(columns.INTEGRATIONS, "attention")


class IntegrationsScreen(ListScreen["Integration"]):
    """The first screen: a list, or what to do where there is none."""

    SCOPES = (Scope.INTEGRATIONS, Scope.EVERYWHERE)
    SAVED_AS = "integrations"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(self.listing_of(WITHOUT_MARKS, lambda row: row.id))
        self.query_text = ""
        self.strip = AttentionStrip()
        self.marks: dict[str, AttentionItem] = {}

    def body(self) -> Sequence[Widget]:
        return [FilterBar("name, provider or environment"), self.listing, self.strip]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Integrations"]

    def note(self) -> str:
        count = self.count_of("integration")
        return f"{count} · {self.freshness()}" if count else ""

    def on_mount(self) -> None:
        if self.console_app.session is None:
            self.listing.say_empty(("Opening the key service…", "dim"))

    def question(self) -> str:
        return self.query_text

    def nothing(self) -> Sequence[Run]:
        if self.query_text:
            return [
                ("Nothing matches ", "dim"),
                (self.query_text, "ink"),
                (".\n\n", "dim"),
                ("esc", "brass bold"),
                (" shows everything again", "dim"),
            ]
        if self.console_app.is_read_only:
            return [
                ("No integrations yet.\n\n", "ink bold"),
                ("Nothing can be added in read-only mode.", "dim"),
            ]
        if not self.console_app.may("integrations:write"):
            return [
                ("No integrations yet.\n\n", "ink bold"),
                ("Someone with the permission integrations:write can add one.", "dim"),
            ]
        return [
            ("No integrations yet.\n\n", "ink bold"),
            (
                "An integration is an OAuth application that this workspace talks to. "
                "API keys are made for one integration each, so it comes first.\n\n",
                "dim",
            ),
            (key_of("new"), "brass bold"),
            (" adds one", "dim"),
        ]

    def forget(self) -> None:
        """Show nothing of what was shown, and ask again: another service or workspace."""
        self.forget_rows()
        self.listing.say_empty(("Opening…", "dim"))
        self.query_one(FilterBar).close()
        self.query_text = ""
        self._show(None)
        self.update_frame()
        self.reload()

    async def page(self, cursor: str | None = None) -> Page[Integration]:
        return await self.client.integrations(
            q=self.query_text or None,
            workspace=self.console_app.workspace_id,
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    async def fetch(self) -> None:
        await super().fetch()
        if self.console_app.may("keys:read"):
            self._show(await self._attention())

    async def _attention(self) -> Attention | None:
        """Returns what needs attention; None where the service is too old to know."""
        try:
            return await self.client.attention.show(workspace=self.console_app.workspace_id)
        except NotFoundError:
            return None

    def _show(self, found: Attention | None) -> None:
        items = [] if found is None else found.items
        self.marks = {item.integration_id: item for item in reversed(items)}
        self.strip.put(found)
        shown = columns.INTEGRATIONS if self.marks else WITHOUT_MARKS
        lines = {"attention": self._mark}
        self.listing.rows.show_columns(self.drawn(shown, lambda row: row.id, **lines))

    def _mark(self, row: Integration) -> Line:
        item = self.marks.get(row.id)
        return [] if item is None else [attention.mark(item, self.console_app.clock())]

    # Actions of the person

    def is_enabled(self, action: str) -> bool:
        if action in ("open", "filter"):
            return bool(self.listing.rows.rows or self.query_text)
        return super().is_enabled(action)

    def action_open(self) -> None:
        if (integration := self.current) is not None:
            self.router.integration(integration)

    def action_integration_use(self) -> None:
        if (integration := self.current) is not None:
            self.router.integration_use(integration)

    def action_add_integration(self) -> None:
        self.router.integration_form(None, self._added)

    def _added(self, integration: Integration | None) -> None:
        if integration is not None:
            self.router.integration(integration, is_new=True)

    def action_clear_filter(self) -> None:
        self.query_one(FilterBar).close()

    def on_filter_changed(self, event: FilterChanged) -> None:
        self.query_text = event.text
        self.ask_anew()
