"""A filter line of terms: what is wrong with one is said below it, while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole.console.styled_text import Run, draw, shorten
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.static import Static
from keyconsole.core.queries.keys import QueryError

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets import Input

EDGE = 3  # the sign, and the blank before what is typed
MARK = "╰─ "


class TermFilterBar(FilterBar):
    """Says what is wrong with the term that it stands under; on Enter also with an unfinished one.

    It is said on the smallest terminal too, where what may follow is not.
    """

    _is_typing = True

    def judge(self, typed: str, *, typing: bool) -> None:
        """Raise `QueryError` for what cannot be understood; one may be `typing` the last term."""
        raise NotImplementedError

    def offers(self, typed: str) -> list[Run]:  # noqa: ARG002
        """What can follow, on one line."""
        return []

    def compose(self) -> ComposeResult:
        yield Horizontal(*super().compose(), classes="filter-line")
        yield Static("", classes="filter-says", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.input.value

    @property
    def is_wrong(self) -> bool:
        """Whether what is typed is not what is listed: it cannot be understood."""
        return self.has_class("-wrong")

    def leave(self) -> None:
        self._draw(self.text, typing=False)
        super().leave()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._draw(event.value, typing=True)

    def on_resize(self) -> None:
        self._draw(self.text, typing=self._is_typing)

    def _draw(self, typed: str, *, typing: bool) -> None:
        self._is_typing = typing
        self.remove_class("-wrong")
        says = self.query_one(".filter-says", Static)
        try:
            self.judge(typed, typing=typing)
        except QueryError as error:
            self.add_class("-wrong")
            says.update(draw(*self._wrong(error)))
        else:
            says.update(draw(*self.offers(typed)))

    def _wrong(self, error: QueryError) -> list[Run]:
        """Under the term, moved left where the sentence would not fit beside it."""
        room = max(10, self.size.width - EDGE - len(MARK))
        sentence = shorten(error.message, room)
        start = min(error.start, room - len(sentence))
        mark = MARK if start == error.start else " " * len(MARK)
        return [(" " * (EDGE + start), ""), (mark, "amber"), (sentence, "amber")]
