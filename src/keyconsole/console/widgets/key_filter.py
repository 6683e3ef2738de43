"""The filter line in the language of keys: completed while one types, wrong terms underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from keyconsole.console.ink import Run, draw, width
from keyconsole.console.widgets.filter import FilterBar, FilterInput
from keyconsole.keyquery import KeyFilter, QueryError, complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import ComposeResult
    from textual.widgets import Input

    from keyconsole.keyquery import Completion
    from keyconsole.wire import Key

HINT = "label, kcp_…, status:revoked, unused:90d, by:name"
_EDGE = 3  # the sign, and the blank before what is typed


class KeyFilterInput(FilterInput):
    """What is typed; Tab takes the first completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False),
        Binding("shift+tab", "complete", show=False),
    ]

    def action_complete(self) -> None:
        offered = next(self.screen.query_one(KeyFilterBar).complete(self.value), None)
        if offered is not None:
            self.value = self.value[: offered.start] + offered.text
            self.action_end()


class KeyFilterBar(FilterBar):
    """Says below the line what can follow, or what is wrong with the term that it stands under."""

    def __init__(self, placeholder: str = HINT, field: KeyFilterInput | None = None) -> None:
        super().__init__(placeholder, field or KeyFilterInput(placeholder=placeholder))
        self._people: set[str] = set()

    def compose(self) -> ComposeResult:
        yield Horizontal(*super().compose(), classes="filter-line")
        yield Static("", classes="filter-says", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.input.value

    def remember(self, keys: Iterable[Key]) -> None:
        """Who made these keys completes `by:` from now on, whatever is listed then."""
        self._people.update(key.created_by for key in keys)

    def complete(self, typed: str) -> Iterator[Completion]:
        """What may follow."""
        return complete(typed, self._people)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.remove_class("-wrong")
        self.query_one(".filter-says", Static).update(draw(*self._says(event.value)))

    def _says(self, typed: str) -> list[Run]:
        try:
            KeyFilter.parse(typed, typing=True)
        except QueryError as error:
            return self._wrong(error)
        offered = list(self.complete(typed))
        if not offered:
            return []
        runs: list[Run] = [(" " * _EDGE, ""), ("tab", "brass bold")]
        for each in offered:
            more: list[Run] = [("  ", ""), (each.text, "ink")]
            if len(offered) < 3 and each.note:
                more += [("  ", ""), (each.note, "faint")]
            if width([*runs, *more]) > self.size.width - 8:
                break
            runs += more
        return runs

    def _wrong(self, error: QueryError) -> list[Run]:
        """Under the term, moved left where the sentence would not fit beside it.

        It is said on the smallest terminal too, where what may follow is not.
        """
        self.add_class("-wrong")
        room = max(10, self.size.width - 8 - _EDGE)
        start = min(error.start, max(0, room - len(error.message) - 4))
        mark = "╰─ " if start == error.start else "   "
        return [(" " * (_EDGE + start), ""), (mark, "amber"), (error.message, "amber")]
