"""The audit log: who did what, filtered, followed while it grows, taken away, and proved whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.widgets.activity import ActivityPane, nothing_happened
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.console.widgets.term_filter import EventFilterBar
from keyconsole.core.queries.events import EventFilter
from keyconsole.core.queries.keys import QueryError
from keyconsole.text.events import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.timer import Timer
    from textual.widget import Widget

    from keyconsole.client import KeyServiceClient
    from keyconsole.client.audittrail import Proof
    from keyconsole.client.following import LogFollower
    from keyconsole.console.styled_text import Run
    from keyconsole.console.widgets.messages import FilterChanged
    from keyconsole.wire import AuditEvent, Page

FOLLOW_SECONDS = 1.0
KEPT_EVENTS = 2_000
"""Events that a followed log shows at once; older ones are there when following stops."""


class FollowedLog:
    """The log of a workspace while it is followed: its list, and in front what came since."""

    def __init__(self, client: KeyServiceClient, workspace_id: str, asked: EventFilter) -> None:
        self.client, self.workspace_id, self.filter = client, workspace_id, asked
        self._shown: tuple[Page[AuditEvent], LogFollower] | None = None

    async def page(self, limit: int) -> Page[AuditEvent]:
        """Return the first page, the newest sequence first; the same object if nothing is new."""
        from keyconsole.client.following import LogReplacedError

        page, follower = self._shown or await self._first(limit)
        try:
            new = await follower.new()
        except LogReplacedError:
            page, follower = await self._first(limit)
            new = []
        if new:
            items = [*reversed(new), *page.items]
            items = (fold(items) if self.filter.bulk is None else items)[:KEPT_EVENTS]
            page = page.model_copy(update={"items": items})
        self._shown = page, follower
        return page

    async def _first(self, limit: int) -> tuple[Page[AuditEvent], LogFollower]:
        from keyconsole.client.following import LogFollower

        # The head is read before the list: what comes in between is new the next time.
        head = await self.client.audit_checkpoint(self.workspace_id)
        query = self.filter.as_query()
        page = await self.client.audit(
            workspace=self.workspace_id,
            limit=limit,
            grouped=self.filter.bulk is None,
            **query,
        )
        items = [event for event in page.items if event.sequence <= head.count]
        follower = LogFollower(self.client, head, **query)
        return page.model_copy(update={"items": items}), follower


class AuditScreen(ListScreen["AuditEvent"]):
    """`/audit`. Following asks every second and keeps the newest event under the cursor."""

    SCOPES = (Scope.AUDIT, Scope.EVERYWHERE)
    OPENS = "open_key"
    SAVED_AS = "audit-log"

    def __init__(self, clock: Callable[[], datetime], query: str = "") -> None:
        self.pane = ActivityPane(clock)
        super().__init__(self.pane.listing)
        self.query_at_first = query
        self.opened_with = self.filter = EventFilter.parse(query, clock())
        self.searched = ""
        self._following: Timer | None = None
        self._log: FollowedLog | None = None

    def body(self) -> Sequence[Widget]:
        return [EventFilterBar(self.pane.clock), self.pane]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Audit log", *(["Bulk revoke"] if self.opened_with.bulk else [])]

    def parents(self) -> Sequence[Route]:
        return [*super().parents(), Route(Place.AUDIT)]

    def note(self) -> str:
        is_live = self.is_following and self.is_current_truth
        known = "● following" if is_live else self.freshness()
        return " · ".join(filter(None, ("not all searched" if self.searched else "", known)))

    def on_mount(self) -> None:
        if self.query_at_first:
            self.query_one(FilterBar).show(self.query_at_first)

    @property
    def is_following(self) -> bool:
        """Whether new events are shown as they happen."""
        return self._following is not None

    def subject(self) -> object | None:
        return self.pane.route

    def label_of(self, action: str) -> str | None:
        if action == "follow" and self.is_following:
            return "stop following"
        if action == "back" and self._is_narrowed:
            return "all events"
        if action == "open_key" and self.pane.public_key is None:
            return "open"
        return self.pane.label_of(action)

    def question(self) -> EventFilter:
        return self.filter

    def put(self, page: Page[AuditEvent]) -> None:
        if page.note and page.note != self.searched:
            self.say((page.note, "amber"))
        self.searched = page.note
        super().put(page)
        if self.is_following:
            self.action_first()

    def nothing(self) -> Sequence[Run]:
        return nothing_happened(filtered=self.filter != EventFilter(), note=self.searched)

    async def page(self, cursor: str | None = None, limit: int = PAGE_SIZE) -> Page[AuditEvent]:
        asked, person = self.filter, self.console_app.person
        if self.is_following and cursor is None and person and person.workspace_id:
            if self._log is None or self._log.filter != asked:
                self._log = FollowedLog(self.client, person.workspace_id, asked)
            return await self._log.page(limit)
        return await self._ask(cursor, limit, grouped=asked.bulk is None)

    async def file_page(self, cursor: str | None = None) -> Page[AuditEvent]:
        """Returns one page of each event alone."""
        return await self._ask(cursor, PAGE_SIZE, grouped=False)

    async def _ask(self, cursor: str | None, limit: int, *, grouped: bool) -> Page[AuditEvent]:
        return await self.client.audit(
            workspace=self.console_app.workspace_id,
            cursor=cursor,
            limit=limit,
            grouped=grouped,
            **self.filter.as_query(),
        )

    # Actions of the person

    def moved(self) -> None:
        if self.is_following and self.listing.rows.cursor:
            self.action_follow()

    def action_open_key(self) -> None:
        if (route := self.pane.route) is not None:
            self.router.go(route)

    def on_filter_changed(self, event: FilterChanged) -> None:
        try:
            asked = EventFilter.parse(event.text, self.console_app.clock(), typing=True)
        except QueryError:
            return
        if asked != self.filter:
            self.filter = asked
            self.ask_anew()

    def action_when(self) -> None:
        self.pane.toggle_ages()
        self.update_frame()

    def action_follow(self) -> None:
        if self._following is not None:
            self._following.stop()
            self._following, self._log = None, None
        else:
            self._following = self.set_interval(FOLLOW_SECONDS, self._look)
            self.action_first()
            self.reload()
        self.update_frame()

    def _look(self) -> None:
        if self.is_current and self.console_app.link.state == "ok" and not self._questions:
            self.reload()

    def action_verify(self) -> None:
        self.say(("Following the log from its first event…", "dim"))
        workers.start(self, self._verify, "verify", exclusive=True)

    async def _verify(self) -> None:
        from keyconsole.client.audittrail import prove

        person = self.console_app.person
        if person is None or (workspace_id := person.workspace_id) is None:
            return
        proof = await self.ask(lambda: prove(self.client, workspace_id))
        if proof is not None:
            self._verdict(proof)

    def _verdict(self, proof: Proof) -> None:
        self.say()
        title = "✓ The audit log is whole" if proof.is_whole else "✕ The audit log was changed"
        keep = "A checkpoint kept elsewhere proves more: keyconsole audit verify --checkpoints FILE"
        self.router.ask(
            title,
            f"{proof.sentence}\n\n{keep}",
            [("esc", "close", "close")],
            crumb="Verify",
            role="green" if proof.is_whole else "red",
        )

    @property
    def _is_narrowed(self) -> bool:
        """True if other events are asked for than all of them, or than at first."""
        return self.filter not in (EventFilter(), self.opened_with)

    def action_back(self) -> None:
        if self._is_narrowed:
            self.query_one(FilterBar).close()
        else:
            super().action_back()
