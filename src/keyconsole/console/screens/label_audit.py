"""The label audit: living keys that somebody should look at, worked through as a queue."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console.actions import Scope
from keyconsole.console.screens.framed import LOW, NARROW
from keyconsole.console.screens.key_list_actions import KeyListActions
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.styled_text import draw, hang, stack, width
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text import bulk, columns
from keyconsole.text.labels import WORDS, marked, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.console.widgets.listing import ListRows
    from keyconsole.wire import AuditedKey, Key, Page

PAGE = 100
INDENT = 19


class LabelAuditScreen(KeyListActions, ListScreen["AuditedKey"]):
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
        reached, marks = f"{self.pages.reached:,}", f"{self.marks} · " if self.marks else ""
        if not self.pages.has_more:
            return f"{marks}{reached} to look at · {self.freshness()}"
        told = f"{marks}the first {reached}, more follow"
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

    def label_of(self, action: str) -> str | None:
        if action == "review" and self.marked:
            return f"review {bulk.keys(len(self.marked))}"
        return super().label_of(action)

    def key_rows(self) -> ListRows[AuditedKey]:
        return self.listing.rows

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
                (" chooses another kind", "dim"),
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

    # Actions of the person

    def moved(self) -> None:
        self._draw()

    def action_kind(self) -> None:
        self.router.pick_kind(self.kind, self._kind_picked)

    def _kind_picked(self, kind: str | None) -> None:
        if kind is not None and (kind or None) != self.kind:
            self.kind = kind or None
            self.unmark()
            self.forget_rows()
            self.reload()

    def action_review(self) -> None:
        """Asks once for the marked keys, or for the one under the cursor."""
        if rows := list(self.listing.rows.marked.values()):
            one = f"Are these {bulk.keys(len(rows))} all right as they are?"
            if len(rows) == 1:
                one = f"Is {rows[0].key.label} all right as it is?"
        elif self.current is not None:
            rows, one = [self.current], f"Is {self.current.key.label} all right as it is?"
        else:
            return
        kinds = {each.finding for row in rows for each in row.findings}
        what = ", ".join(words for kind, words in WORDS.items() if kind in kinds)
        leave = "It leaves" if len(rows) == 1 else "They leave"
        self.router.ask(
            one,
            f"Found: {what}. {leave} this list until then, for everybody; the audit log "
            "says who looked.",
            [("esc", "not yet", "0"), ("1", "30 days", "30"), ("2", "90 days", "90"),
             ("3", "a year", "365")],
            partial(self._answered, rows),
            crumb="Reviewed",
        )  # fmt: skip

    def _answered(self, rows: Sequence[AuditedKey], days: str | None) -> None:
        if days not in (None, "0"):
            self.write(partial(self._review, rows, int(days or 0)))

    async def _review(self, rows: Sequence[AuditedKey], days: int) -> None:
        from keyconsole.wire import ReviewRequest

        until = self.console_app.clock() + timedelta(days=days)
        for done, row in enumerate(rows):
            if done:
                self.say((f"{done:,} of {len(rows):,} reviewed…", "dim"))
            for each in row.findings:
                asked = ReviewRequest(finding=each.finding, until=until)
                review = partial(self.client.label_audit.review, row.key.public_key, asked)
                if await self.ask(review) is None:
                    self.reload()
                    return
            self.listing.rows.marked.pop(row.key.public_key, None)
        what = rows[0].key.label if len(rows) == 1 else bulk.keys(len(rows))
        self.say(("✓ Reviewed ", "green"), (f"{what}: back in {days} days.", "dim"))
        self.reload()


def finding_lines(row: AuditedKey, room: int) -> list[Content]:
    """Returns what was found about a key and why, in lines of `room` cells.

    Of a look-alike, first how it is spelled.
    """
    lines = []
    for each in row.findings:
        why: list[Run] = [(each.reason, "ink")]
        if each.like:
            label = row.key.label
            how = f"  {spelled(label, each.like)} "
            why = [*marked(label, each.like), (how, "amber"), *why]
        lines.append(hang(WORDS[each.finding], why, room, indent=INDENT, role="amber"))
    return lines
