"""The Overview tab: what the integration is, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from keyconsole.console.key_runs import count_runs
from keyconsole.console.styled_text import Run, hang, stack, status_run
from keyconsole.console.widgets.blast import last_day
from keyconsole.console.widgets.static import Static
from keyconsole.text import times
from keyconsole.text.keys import short_name
from keyconsole.text.series import of_counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.widget import Widget

    from keyconsole.wire import Integration


class OverviewPane(VerticalScroll, can_focus=True):
    """One line a field, scrolled where they do not fit."""

    def __init__(self) -> None:
        super().__init__(id="pane-overview")

    def compose(self) -> Sequence[Widget]:
        return [Static("", id="overview"), Static("", id="overview-graph")]

    def put(self, integration: Integration, at: datetime) -> None:
        """Show the integration as it is at `at`."""
        added_by = f"  by {short_name(integration.created_by)}"
        rows: list[tuple[str, list[Run]]] = [
            ("Status", [status_run(integration.status)]),
            ("Provider", _value(integration.provider)),
            ("Environment", _value(integration.environment)),
            ("Client ID", _value(integration.client_id)),
            ("Redirect URI", _value(integration.redirect_uri)),
            ("Scopes", _value(" ".join(integration.scopes))),
            ("Rotate keys", _policy(integration.max_key_age_days)),
            ("", []),
            ("Keys", count_runs(integration.key_counts)),
            ("Last used", [(times.ago(integration.last_used_at, at), "ink")]),
            ("Added", [(times.exact(integration.created_at), "ink"), (added_by, "dim")]),
            ("Changed", [(times.exact(integration.updated_at), "ink")]),
            ("ID", [(integration.id, "dim")]),
        ]
        room = self.app.size.width - 9
        lines = stack(hang(title, runs, room) for title, runs in rows)
        self.query_one("#overview", Static).update(lines)
        day = last_day(of_counts(integration.recent_use, at), at, room, self.app.size.height)
        graph = self.query_one("#overview-graph", Static)
        graph.update(day)
        graph.display = bool(day.plain)


def _value(text: str | None) -> list[Run]:
    return [(text, "ink")] if text else [("–", "dim")]


def _policy(days: int | None) -> list[Run]:
    if days is None:
        return [("as the workspace does", "dim")]
    return [(f"every {days} day{'' if days == 1 else 's'}", "ink")]
