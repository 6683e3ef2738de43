"""A question for the path of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.console.styled_text import Run


class PathDialog(DialogScreen):
    """Dismisses with what was written where, or with nothing."""

    SCOPES = (Scope.FIELD,)
    QUESTION: ClassVar[str]
    ADVICE: ClassVar[str]
    VERB: ClassVar[str]

    def __init__(self, proposed: str) -> None:
        super().__init__()
        self.proposed = proposed

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw((self.QUESTION, "brass bold")), markup=False),
            Static(""),
            Field("path", "File", value=self.proposed, advice=self.ADVICE, is_only=True),
            self.end(self.VERB),
        ]

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one("#field-path", Field)

    def on_mount(self) -> None:
        self.field.input.focus()

    def hint(self, typed: str) -> list[Run]:  # noqa: ARG002
        """Returns the sentence about a path while it is typed."""
        return []

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.field.says(*self.hint(event.value))
