"""Which keys to revoke, by what they have in common. The next screen shows exactly which."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, TextInput, form_row
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.core.queries.keys import KeyFilter
    from keyconsole.wire import Integration, KeySelector

_SPAN = re.compile(r"[1-9][0-9]{0,4}[hdw]")
_TITLES = {
    "label": ("Name", "ci-* or legacy-??"),
    "created_by": ("Created by", "ana@acme.example"),
    "unused_for": ("Unused for", "90d"),
    "created_after": ("Made after", "2026-01-31"),
    "created_before": ("Made before", "2026-06-30"),
}


class SelectorInput(TextInput):
    """One thing that the keys have in common; Enter goes to the next, from the last on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.next_or_show", show=False),
    ]


class SelectKeysDialog(DialogScreen):
    """All that is filled in must hold. Dismisses with a selector, or with nothing."""

    SCOPES = (Scope.SELECT_KEYS,)
    CRUMB = "Which keys?"
    SAYS = "select-says"
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, integration: Integration, key_filter: KeyFilter) -> None:
        super().__init__()
        self.integration = integration
        text = key_filter.text
        self.filled = {
            "label": f"*{text}*" if text else "",
            "created_by": key_filter.created_by or "",
            "unused_for": key_filter.unused_for or "",
        }

    def box(self) -> Sequence[Widget]:
        where = ((self.integration.id, self.integration.name), ("", "every integration"))
        return [
            Static(draw(("Revoke which keys?", "red bold"),
                        ("  First you see exactly which.", "ink")),
                   markup=False),
            Vertical(
                form_row("Of", Choice(where, id="select-integration")),
                *(
                    form_row(title, SelectorInput(self.filled.get(name, ""), placeholder=example,
                                              id=f"select-{name}"))
                    for name, (title, example) in _TITLES.items()
                ),
                id="select-form",
            ),
            Static("", id="select-says", markup=False),
            Horizontal(
                Chip("esc", "keep them", "cancel"),
                Chip("^s", "show them", "show_selection", primary=True, id="do-show"),
                id="dialog-end",
            ),
        ]  # fmt: skip

    def on_mount(self) -> None:
        self.query_one("#select-label").focus()

    def action_next_or_show(self) -> None:
        if self.focused is not None and self.focused.id == "select-created_before":
            self.action_show_selection()
        else:
            self.focus_next()

    def action_show_selection(self) -> None:
        try:
            self.dismiss(self.selector())
        except ValueError as error:
            self._says((f"✕ {error}", "red"))

    def selector(self) -> KeySelector:
        """What is filled in; raises `ValueError` with a sentence."""
        from keyconsole.wire import KeySelector

        typed: dict[str, Any] = {}
        for name in _TITLES:
            if text := self.query_one(f"#select-{name}", TextInput).value.strip():
                typed[name] = text
        if (span := typed.get("unused_for")) and _SPAN.fullmatch(span) is None:
            raise ValueError("Unused for takes a number and h, d or w: 90d.")
        for name in ("created_after", "created_before"):
            if name in typed:
                typed[name] = _day(typed[name])
        integration = self.query_one("#select-integration", Choice).value
        if not integration and not typed:
            raise ValueError("That would be every key there is: say what they have in common.")
        return KeySelector(integration=integration or None, **typed)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(f"{text}Z", "%Y-%m-%d%z")
    except ValueError:
        raise ValueError("A day is year-month-day: 2026-01-31.") from None
