"""The filter line in the language of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.widgets.term_filter import TermFilterBar
from keyconsole.core.queries.events import EventFilter

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

HINT = "by:name, what:revoked, on:kcp_…, since:7d"


class EventFilterBar(TermFilterBar):
    """Says below the line what is wrong with a term."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(HINT)
        self.clock = clock

    def judge(self, typed: str, *, typing: bool) -> None:
        EventFilter.parse(typed, self.clock(), typing=typing)
