"""The reason of a revoke or a disable, as two lines of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.widgets.field import Choice, TextInput, form_row
from keyconsole.core import safetext
from keyconsole.core.errors import UsageError
from keyconsole.text.reasons import WORDS

if TYPE_CHECKING:
    from textual.containers import Horizontal
    from textual.screen import Screen

    from keyconsole.wire import RevokeReason


def reason_rows() -> list[Horizontal]:
    """Returns the lines for a reason and the name of an incident."""
    return [
        form_row("Reason", Choice(tuple(WORDS.items()), id="reason")),
        form_row("Incident", TextInput(placeholder="INC-4211, or nothing", id="incident")),
    ]


def given_reason(screen: Screen[object]) -> tuple[RevokeReason, str | None]:
    """Returns what stands in them; raises `UsageError` for an incident with odd characters."""
    from keyconsole.wire import RevokeReason

    incident = screen.query_one("#incident", TextInput).value.strip()
    if incident and (problem := safetext.name_problem(incident, "An incident")):
        raise UsageError(problem.message)
    return RevokeReason(screen.query_one("#reason", Choice).value), incident or None
