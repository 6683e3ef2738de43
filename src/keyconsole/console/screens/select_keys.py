"""Which keys to revoke, by a query. The next screen shows exactly which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, TextInput, form_row
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import UsageError
from keyconsole.core.queries.keys import KeyQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Integration

EXAMPLE = "label:ci-* unused:90d"
TERMS = "label: by: env: from: unused: created:"


class QueryInput(TextInput):
    """A query; Enter shows its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.show_selection", show=False),
    ]


class SelectKeysDialog(DialogScreen):
    """Takes the query that the list is filtered by. Dismisses with a query, or with nothing."""

    SCOPES = (Scope.SELECT_KEYS,)
    CRUMB = "Which keys?"
    SAYS = "select-says"
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, integration: Integration | None, query: KeyQuery) -> None:
        super().__init__()
        self.integration, self.query_before = integration, query

    def box(self) -> Sequence[Widget]:
        here = [] if self.integration is None else [(self.integration.id, self.integration.name)]
        where = [*here, ("", "every integration")]
        return [
            Static(draw(("Revoke which keys?", "red bold"),
                        ("  First you see exactly which.", "ink"))),
            Vertical(
                form_row("Of", Choice(where, id="select-integration")),
                form_row("Which", QueryInput(str(self.query_before), placeholder=EXAMPLE,
                                             id="select-query")),
                form_row("", Static(draw((TERMS, "faint")))),
                id="select-form",
            ),
            Static("", id="select-says"),
            Horizontal(
                Chip("esc", "keep them", "cancel"),
                Chip("^s", "show them", "show_selection", primary=True, id="do-show"),
                id="dialog-end",
            ),
        ]  # fmt: skip

    def on_mount(self) -> None:
        self.query_one("#select-query", QueryInput).focus()

    def action_show_selection(self) -> None:
        try:
            self.dismiss(self._asked())
        except UsageError as error:
            self._says((f"✕ {error.message}", "red"))

    def _asked(self) -> KeyQuery:
        """Returns the typed query within the chosen integration; raises `UsageError`."""
        asked = KeyQuery.parse(self.query_one("#select-query", QueryInput).value)
        if integration := self.query_one("#select-integration", Choice).value:
            if asked.integration is not None:
                raise UsageError("integration: goes with every integration: choose that above.")
            return replace(asked, integration=integration)
        if not asked:
            raise UsageError("That would be every key there is: say what they have in common.")
        return asked
