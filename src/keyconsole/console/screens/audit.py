"""The audit log: who did what, filtered, followed while it grows, taken away, and proved whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import work
from keyconsole.console.actions import Scope
from keyconsole.console.event_filter import EventFilter
from keyconsole.console.screens.activity import ActivityPane
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.history import WORDS
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.timer import Timer
    from textual.widget import Widget

    from keyconsole.client.audittrail import Proof
    from keyconsole.console.widgets.listing import CursorMoved, MoreWanted, RowPicked
    from keyconsole.wire import AuditEvent, Page

FOLLOW_SECONDS = 1.0


class AuditScreen(ConsoleScreen):
    """`/audit`. Following asks every second and keeps the newest event under the cursor."""

    SCOPES = (Scope.AUDIT, Scope.EVERYWHERE)

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.pane = ActivityPane(clock)
        self.filter = EventFilter()
        self._following: Timer | None = None

    def body(self) -> Sequence[Widget]:
        return [FilterBar("by:name, what:revoked, on:kcp_…, since:7d"), self.pane]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Audit log"]

    def note(self) -> str:
        return "● following" if self.is_following else self.freshness()

    @property
    def is_following(self) -> bool:
        """Whether new events are shown as they happen."""
        return self._following is not None

    def on_mount(self) -> None:
        super().on_mount()
        self.pane.listing.rows.focus()

    def makes_sense(self, action: str) -> bool:
        if action == "open_key":
            return self.pane.route is not None
        return True

    def verb_of(self, action: str) -> str | None:
        if action == "follow" and self.is_following:
            return "stop following"
        if action == "back" and self.filter != EventFilter():
            return "all events"
        if action == "open_key" and self.pane.public_key is None:
            return "open"
        return None

    async def fetch(self) -> None:
        asked = self.filter
        page = await self._page()
        if asked != self.filter:
            return
        self.pane.put(page, filtered=self.filter != EventFilter())
        if self.is_following:
            self.pane.listing.rows.action_first()

    async def _page(self, cursor: str | None = None, limit: int = PAGE_SIZE) -> Page[AuditEvent]:
        return await self.client.audit(
            workspace=self.console_app.workspace_id,
            cursor=cursor,
            limit=limit,
            **self.filter.as_query(),
        )

    # What the person does

    def on_row_picked(self, event: RowPicked) -> None:
        event.stop()
        self.action_open_key()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        event.stop()
        if self.is_following and self.pane.listing.rows.cursor:
            self.action_follow()
        self.update_frame()

    def on_more_wanted(self, event: MoreWanted) -> None:
        event.stop()
        work.start(self, self._fetch_next, "next", exclusive=True)

    async def _fetch_next(self) -> None:
        await self.pane.pages.fetch_next(lambda cursor: self.ask(lambda: self._page(cursor)))

    def action_open_key(self) -> None:
        if (route := self.pane.route) is not None:
            self.console_app.go(route)

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        try:
            asked = EventFilter.parse(event.text, WORDS, self.console_app.clock())
        except UsageError as error:
            self.say((error.message, "amber"))
            return
        self.say()
        if asked != self.filter:
            self.filter = asked
            self.pane.pages.reset()
            self.reload()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.pane.listing.rows.focus()

    def action_follow(self) -> None:
        if self._following is not None:
            self._following.stop()
            self._following = None
        else:
            self._following = self.set_interval(FOLLOW_SECONDS, self._look)
            self.pane.listing.rows.action_first()
            self.reload()
        self.update_frame()

    def _look(self) -> None:
        if self.is_current and self.console_app.link.state == "ok":
            self.reload()

    def action_export_events(self) -> None:
        from keyconsole.console.screens.export import (
            EVENT_HEAD,
            ExportDialog,
            event_cells,
            write_pages,
        )

        write = partial(write_pages, self._page, event_cells, EVENT_HEAD)
        self.console_app.push_screen(ExportDialog("audit-log", write), self._exported)

    def _exported(self, told: str | None) -> None:
        if told:
            self.say(("✓ ", "green"), (told, "dim"))

    def action_verify(self) -> None:
        self.say(("Following the log from its first event…", "dim"))
        work.start(self, self._verify, "verify", exclusive=True)

    async def _verify(self) -> None:
        from keyconsole.client.audittrail import prove

        person = self.console_app.person
        if person is None or (workspace_id := person.workspace_id) is None:
            return
        proof = await self.ask(lambda: prove(self.client, workspace_id))
        if proof is not None:
            self._verdict(proof)

    def _verdict(self, proof: Proof) -> None:
        from keyconsole.console.screens.ask import AskDialog

        self.say()
        title = "✓ The audit log is whole" if proof.is_whole else "✕ The audit log was changed"
        keep = "A checkpoint kept elsewhere proves more: keyconsole audit verify --checkpoints FILE"
        self.console_app.push_screen(
            AskDialog(
                title,
                f"{proof.sentence}\n\n{keep}",
                [("esc", "close", "close")],
                crumb="Verify",
                role="green" if proof.is_whole else "red",
            )
        )

    def action_back(self) -> None:
        if self.filter != EventFilter():
            self.query_one(FilterBar).close()
        else:
            super().action_back()
