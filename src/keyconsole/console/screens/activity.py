"""The activity of an integration, or of the workspace: every change, by whom and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console import times, work
from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.key_list import short_name
from keyconsole.console.widgets.columns import Column
from keyconsole.console.widgets.listing import CursorMoved, Listing, MoreWanted, RowPicked
from keyconsole.console.widgets.paging import PAGE_SIZE, Pages
from keyconsole.credential import abbreviate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.widget import Widget

    from keyconsole.console.ink import Line
    from keyconsole.wire import AuditEvent, Page

_RED = frozenset({"key.revoked"})
_WORDS = {
    "integration.created": "added the integration",
    "integration.changed": "changed the integration",
    "integration.disabled": "disabled the integration",
    "integration.enabled": "enabled the integration",
    "key.created": "generated a key",
    "key.acknowledged": "confirmed the key",
    "key.changed": "changed the key",
    "key.renamed": "renamed the key",
    "key.disabled": "disabled the key",
    "key.enabled": "enabled the key",
    "key.revoked": "revoked the key",
    "rotation.started": "began to rotate the key",
    "rotation.changed": "changed the rotation",
    "rotation.paused": "paused the rotation",
    "rotation.resumed": "went on with the rotation",
    "rotation.completed": "ended the rotation",
    "rotation.cancelled": "cancelled the rotation",
    "rotation.old_revoked": "ended the rotation",
    "rotation.new_revoked": "ended the rotation",
    "workspace.changed": "changed the settings",
    "workspace.created": "created the workspace",
    "member.added": "added a member",
    "token.created": "created a token",
}


class ActivityPane(Vertical):
    """Audit events, the newest first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(id="pane-activity")
        self.clock = clock
        self.listing: Listing[AuditEvent] = Listing(self._columns(), lambda event: event.id)
        self.pages = Pages(self.listing)

    def compose(self) -> ComposeResult:
        yield self.listing

    @property
    def public_key(self) -> str | None:
        """The key that the line under the cursor is about, if it is about one."""
        event = self.listing.rows.current
        return event.target if event and event.target.startswith("kcp_") else None

    def put(self, page: Page[AuditEvent]) -> None:
        """Show the first page."""
        self.pages.put(page)
        if page.items:
            self.listing.say_empty()
        else:
            self.listing.say_empty(("Nothing has happened yet.", "dim"))

    def _columns(self) -> list[Column[AuditEvent]]:
        return [
            Column("When", lambda event: [(times.ago(event.at, self.clock()), "dim")], 11),
            Column("Who", lambda event: [(short_name(event.actor), "ink")], 10, most=20, leaves=2),
            Column("What", self._what, 22, most=28),
            Column("On", self._target, 18, most=40),
            Column("More", self._more, 20, most=60, leaves=1),
        ]

    @staticmethod
    def _what(event: AuditEvent) -> Line:
        words = _WORDS.get(event.action, event.action)
        return [(words, "red" if event.action in _RED else "ink")]

    @staticmethod
    def _target(event: AuditEvent) -> Line:
        return [(event.target_name or event.target, "ink")]

    @staticmethod
    def _more(event: AuditEvent) -> Line:
        detail = event.detail
        parts = [str(detail[name]) for name in ("reason", "incident") if detail.get(name)]
        if event.target.startswith("kcp_"):
            parts.append(abbreviate(event.target))
        return [(" · ".join(parts), "dim")]


class AuditScreen(ConsoleScreen):
    """`/audit`: the whole workspace's activity."""

    SCOPES = (Scope.AUDIT, Scope.EVERYWHERE)

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.pane = ActivityPane(clock)

    def body(self) -> Sequence[Widget]:
        return [self.pane]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Audit log"]

    def note(self) -> str:
        return self.freshness()

    def on_mount(self) -> None:
        super().on_mount()
        self.pane.listing.rows.focus()

    def makes_sense(self, action: str) -> bool:
        return action != "open_key" or self.pane.public_key is not None

    def on_row_picked(self, event: RowPicked) -> None:
        event.stop()
        self.action_open_key()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        event.stop()
        self.update_frame()

    def action_open_key(self) -> None:
        if (public_key := self.pane.public_key) is not None:
            self.console_app.go(Route(Place.KEY, public_key=public_key))

    async def fetch(self) -> None:
        self.pane.put(await self._page())

    async def _page(self, cursor: str | None = None) -> Page[AuditEvent]:
        return await self.client.audit(
            workspace=self.console_app.workspace_id, cursor=cursor, limit=PAGE_SIZE
        )

    def on_more_wanted(self, event: MoreWanted) -> None:
        event.stop()
        work.start(self, self._fetch_next, "next", exclusive=True)

    async def _fetch_next(self) -> None:
        await self.pane.pages.fetch_next(lambda cursor: self.ask(lambda: self._page(cursor)))
