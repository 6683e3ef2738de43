"""The changes of a key: who, from where, why, and the value before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, draw, hang, stack
from keyconsole.core.queries.events import ACTIONS
from keyconsole.text import times
from keyconsole.text.events import RED, change_of

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from keyconsole.wire import AuditEvent, Page

_INDENT = 13


def history_of(events: Page[AuditEvent], at: datetime, room: int) -> Content:
    """The block of a key's page, the newest first, `room` cells wide."""
    count = f"{len(events.items)}{'+' if events.next_cursor else ''}"
    plural = "" if count == "1" else "s"
    lines = [draw(("HISTORY", "ink bold"), (f"   {count} change{plural}", "dim"))]
    for event in events.items:
        runs: list[Run] = [(_verb(event.action), "red" if event.action in RED else "ink")]
        who = event.actor.partition("@")[0]
        runs.append((f"  {who}", "ink"))
        if event.address:
            runs.append((f" from {event.address}", "dim"))
        if change := change_of(event):
            runs += [("   ", ""), *change]
        lines.append(hang(times.ago(event.at, at), runs, room, indent=_INDENT))
    return stack(lines)


def _verb(action: str) -> str:
    words = ACTIONS.get(action, action)
    return words.removesuffix(" the key").removesuffix(" a key")
