"""The label audit: living keys that somebody should look at, worked through as a queue."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console.actions import Scope
from keyconsole.console.screens.framed import LOW, NARROW
from keyconsole.console.screens.key_actions import KeyActions
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.styled_text import draw, hang, stack, width
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text import columns
from keyconsole.text.labels import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import AuditedKey, Key, Page

PAGE = 100
INDENT = 19
_KINDS = (None, *WORDS)


class LabelAuditScreen(ListScreen["AuditedKey"], KeyActions):
    """`L`. What was looked at rests until a day, and leaves the queue until then."""

    SCOPES = (Scope.LABELS, Scope.EVERYWHERE)
    SAVED_AS = "label-audit"

    def __init__(self) -> None:
        super().__init__(self.listing_of(columns.FINDINGS, lambda row: row.key.public_key))
        self.kind: str | None = None

    def body(self) -> Sequence[Widget]:
        return [self.listing, Static("", id="finding-card")]

    def path(self) -> Sequence[str]:
        kind = [WORDS[self.kind].capitalize()] if self.kind else []
        return ["OAuth", "Label audit", *kind]

    def note(self) -> str:
        if not self.pages.is_known:
            return ""
        reached = f"{self.pages.reached:,}"
        if not self.pages.has_more:
            return f"{reached} to look at · {self.freshness()}"
        told = f"the first {reached}, more follow"
        return told if self.app.size.width < NARROW else f"{told} · {self.freshness()}"

    def current_key(self) -> Key | None:
        return None if self.current is None else self.current.key

    def current_findings(self, room: int) -> Sequence[Content]:
        if self.current is None:
            return []
        if self.app.size.height < LOW:
            return [hang("", columns.found(self.current), room, indent=0)]
        return finding_lines(self.current, room)

    def redraw(self) -> None:
        self.call_after_refresh(self._draw)

    def subject(self) -> object | None:
        return self.current_key()

    def question(self) -> str | None:
        return self.kind

    async def page(self, cursor: str | None = None) -> Page[AuditedKey]:
        from keyconsole.wire import LabelFinding

        return await self.client.label_audit.findings(
            workspace=self.console_app.workspace_id,
            finding=None if self.kind is None else LabelFinding(self.kind),
            cursor=cursor,
            limit=PAGE,
        )

    def put(self, page: Page[AuditedKey]) -> None:
        super().put(page)
        self._draw()

    def nothing(self) -> Sequence[Run]:
        if self.kind is not None:
            return [
                (f"✓ No key of this kind: {WORDS[self.kind]}.\n\n", "green"),
                (key_of("kind"), "brass bold"),
                (" goes on to the next kind", "dim"),
            ]
        return [
            ("✓ Nothing to look at.\n\n", "green"),
            ("Every living key has a name that says something, and is used.", "dim"),
        ]

    def _draw(self) -> None:
        card = self.query_one("#finding-card", Static)
        row, room = self.current, self.app.size.width - 9
        if row is None:
            card.update(draw())
            return
        lines = finding_lines(row, room)
        integration = row.key.integration_name
        if not self.listing.rows.arrangement.shows("Integration", width([(integration, "")])):
            lines.insert(0, hang("integration", [(integration, "ink")], room, indent=INDENT))
        card.update(stack(lines))

    # What the person does

    def moved(self) -> None:
        self._draw()

    def action_kind(self) -> None:
        """The next kind of finding, then all again."""
        self.kind = _KINDS[(_KINDS.index(self.kind) + 1) % len(_KINDS)]
        self.forget_rows()
        self.reload()

    def action_review(self) -> None:
        row = self.current
        if row is None:
            return
        what = ", ".join(WORDS[each.finding] for each in row.findings)
        self.router.ask(
            f"Is {row.key.label} all right as it is?",
            f"Found: {what}. It leaves this list until then, for everybody; the audit log "
            "says who looked at it.",
            [("esc", "not yet", "0"), ("1", "30 days", "30"), ("2", "90 days", "90"),
             ("3", "a year", "365")],
            partial(self._answered, row),
            crumb="Reviewed",
        )  # fmt: skip

    def _answered(self, row: AuditedKey, days: str | None) -> None:
        if days not in (None, "0"):
            self.write(partial(self._review, row, int(days or 0)))

    async def _review(self, row: AuditedKey, days: int) -> None:
        from keyconsole.wire import ReviewRequest

        until = self.console_app.clock() + timedelta(days=days)
        for each in row.findings:
            asked = ReviewRequest(finding=each.finding, until=until)
            public_key = row.key.public_key
            review = await self.ask(partial(self.client.label_audit.review, public_key, asked))
            if review is None:
                return
        self.say(("✓ Reviewed ", "green"), (f"{row.key.label}: back in {days} days.", "dim"))
        self.reload()


def finding_lines(row: AuditedKey, room: int) -> list[Content]:
    """What was found about a key and why, a finding a line, in `room` cells."""
    return [
        hang(WORDS[each.finding], [(each.reason, "ink")], room, indent=INDENT, role="amber")
        for each in row.findings
    ]
