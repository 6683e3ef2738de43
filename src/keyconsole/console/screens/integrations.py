"""Integrations: what this workspace talks to, and how its keys are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from keyconsole.console.actions import Scope
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.styled_text import Line, Run, spark, status_run
from keyconsole.console.widgets.columns import Column
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.listing import Listing
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.text import times
from keyconsole.text.integrations import needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.widgets.messages import FilterChanged
    from keyconsole.wire import Integration, Page


class IntegrationsScreen(ListScreen["Integration"]):
    """The first screen: a list, or what to do where there is none."""

    SCOPES = (Scope.INTEGRATIONS, Scope.EVERYWHERE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(Listing(self._columns(), lambda row: row.id))
        self.query_text = ""

    def body(self) -> Sequence[Widget]:
        return [FilterBar("name, provider or environment"), self.listing]

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
            ("n", "brass bold"),
            (" adds one", "dim"),
        ]

    def forget(self) -> None:
        """Show nothing of what was shown, and ask again: another service or workspace."""
        self.forget_rows()
        self.listing.say_empty(("Opening…", "dim"))
        self.query_one(FilterBar).close()
        self.query_text = ""
        self.update_frame()
        self.reload()

    async def page(self, cursor: str | None = None) -> Page[Integration]:
        return await self.client.integrations(
            q=self.query_text or None,
            workspace=self.console_app.workspace_id,
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    # What the person does

    def is_enabled(self, action: str) -> bool:
        return action not in ("open", "filter") or bool(self.listing.rows.rows or self.query_text)

    def action_open(self) -> None:
        if (integration := self.current) is not None:
            self.router.integration(integration)

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

    # How a row is drawn

    def _columns(self) -> list[Column[Integration]]:
        return [
            Column("Name", lambda row: [(row.name, self._name_role(row))], 22, most=44),
            Column("Provider", lambda row: [(row.provider or "–", "dim")], 12, most=20, leaves=2),
            Column("Environment", self._environment, 11, most=16, leaves=3),
            Column("Status", lambda row: [status_run(row.status)], 12),
            Column("Keys", self._keys, 4, right=True),
            Column("Last used", self._last_used, 12, most=30),
            Column("24 h", lambda row: [(spark(row.recent_use, 12), "blue")], 12, leaves=1),
        ]

    def _name_role(self, row: Integration) -> str:
        return "ink bold" if self.listing.rows.current_id == row.id else "ink"

    @staticmethod
    def _environment(row: Integration) -> Line:
        role = "ink" if row.environment == "production" else "dim"
        return [(row.environment or "–", role)]

    @staticmethod
    def _keys(row: Integration) -> Line:
        total = row.key_counts.total
        return [(str(total), "ink") if total else ("–", "dim")]

    def _last_used(self, row: Integration) -> Line:
        if row.missing:
            one = len(row.missing) == 1
            return [(needs(row.missing) if one else f"needs {len(row.missing)} fields", "amber")]
        return [(times.ago(row.last_used_at, self.console_app.clock()), "dim")]
