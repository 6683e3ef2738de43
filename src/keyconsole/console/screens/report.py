"""The report: how many active keys there are by integration, and by age."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.text import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.text.reports import AgeCounts
    from keyconsole.wire import KeyReport, Page, ReportBy

QUERY = "status:active"
COUNTED_BY = ("integration", "owner", "creator", "environment")


class ReportScreen(ListScreen["AgeCounts"]):
    """`/reports`: a row an integration, owner, creator or environment, a column an age.

    It is counted when it is opened and when it is asked for, and not again by itself.
    """

    SCOPES = (Scope.REPORT, Scope.EVERYWHERE)
    SAVED_AS = "report"
    OPENS = "open_counted"
    POLLS: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(self.listing_of(columns.AGES, lambda row: row.row_id))
        self.by = 0
        self.report: KeyReport | None = None

    @property
    def counted_by(self) -> ReportBy:
        """The thing that keys are counted by, a row each."""
        from keyconsole.wire import ReportBy

        return ReportBy(COUNTED_BY[self.by])

    def body(self) -> Sequence[Widget]:
        return [self.listing]

    def path(self) -> Sequence[str]:
        return ["OAuth", f"Active keys by {self.counted_by} and age"]

    def note(self) -> str:
        if self.report is None:
            return ""
        told = f"{self.report.total:,} keys at {self.report.counted_at.astimezone():%H:%M:%S}"
        return told if self.report.is_complete else f"{told}: the newest only"

    def question(self) -> object:
        return self.by

    async def page(self, cursor: str | None = None) -> Page[AgeCounts]:  # noqa: ARG002
        from keyconsole.text.reports import AgeCounts, by_age
        from keyconsole.wire import Page, ReportBy

        by = [self.counted_by, ReportBy.AGE]
        self.report = await self.client.reports.keys(
            by, QUERY, workspace=self.console_app.workspace_id
        )
        return Page[AgeCounts](items=by_age(self.report))

    def nothing(self) -> Sequence[Run]:
        return [("There is no active key.", "ink bold")]

    def action_next_part(self, steps: int) -> None:
        self.by = (self.by + steps) % len(COUNTED_BY)
        self.ask_anew()
        self.update_frame()

    def action_open_counted(self) -> None:
        row = self.current
        if row is not None and row.integration_id is not None:
            self.router.go(Route(Place.INTEGRATION, row.integration_id, "api-keys"))
