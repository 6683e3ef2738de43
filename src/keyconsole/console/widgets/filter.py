"""The filter line above a list: opened with `/`, applied while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from keyconsole.console.actions import Scope, bindings
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import TextInput
from keyconsole.console.widgets.messages import FilterChanged, FilterLeft
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.widgets import Input

PAUSE_SECONDS = 0.15


class FilterInput(TextInput):
    """The field that `/` opens."""

    SCOPE = Scope.FILTER
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.FILTER),
        Binding("down", "keep", show=False),
    ]

    def action_keep(self) -> None:
        self.screen.query_one(FilterBar).leave()

    def action_clear(self) -> None:
        self.screen.query_one(FilterBar).close()


class FilterBar(Horizontal):
    """Hidden until `/`. Enter goes to the list and keeps the filter, Escape takes it away."""

    def __init__(self, placeholder: str, field: FilterInput | None = None) -> None:
        super().__init__()
        self.input = field or FilterInput(placeholder=placeholder)
        self._applied = ""
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(draw(("/", "brass bold")), classes="filter-sign")
        yield self.input

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("-open")
        self.input.focus()

    def show(self, text: str) -> None:
        """Show a filter that is applied already."""
        self._applied = self.input.value = text
        self.add_class("-open")

    def leave(self) -> None:
        """Go to the list; an empty filter hides the line."""
        self._apply()
        if not self.input.value.strip():
            self.remove_class("-open")
        self.post_message(FilterLeft())

    def close(self) -> None:
        """Take the filter away."""
        self.input.value = ""
        self.leave()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE_SECONDS, self._apply)

    def _apply(self) -> None:
        text = self.input.value.strip()
        if text != self._applied:
            self._applied = text
            self.post_message(FilterChanged(text))
