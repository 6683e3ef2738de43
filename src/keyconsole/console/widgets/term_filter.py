"""Filter lines of terms, for keys and for events: what is wrong is said below, while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from keyconsole.console.styled_text import Run, draw, shorten, width
from keyconsole.console.widgets.filter import FilterBar, FilterInput
from keyconsole.console.widgets.static import Static
from keyconsole.core.queries.events import EventFilter
from keyconsole.core.queries.keys import KeyQuery, QueryError, complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.widgets import Input

    from keyconsole.core.queries.keys import Completion
    from keyconsole.wire import Key

EDGE = 3  # the sign, and the blank before what is typed
MARK = "╰─ "
KEY_HINT = "label, kcp_…, status:revoked, unused:90d, by:name"
EVENT_HINT = "text, by:name, what:revoked, on:kcp_…, since:7d"


class TermFilterBar(FilterBar):
    """Says what is wrong with the term that it stands under; on Enter also with an unfinished one.

    It is said on the smallest terminal too, where what may follow is not.
    """

    _is_typing = True

    def judge(self, typed: str, *, typing: bool) -> None:
        """Raise `QueryError` for what cannot be understood; one may be `typing` the last term."""
        raise NotImplementedError

    def offers(self, typed: str) -> list[Run]:  # noqa: ARG002
        """Returns the terms that can follow, on one line."""
        return []

    def compose(self) -> ComposeResult:
        yield Horizontal(*super().compose(), classes="filter-line")
        yield Static("", classes="filter-says")

    @property
    def text(self) -> str:
        """The text that is typed."""
        return self.input.value

    @property
    def is_wrong(self) -> bool:
        """True if the text cannot be understood, so that the list does not show it."""
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


class KeyFilterInput(FilterInput):
    """The input of a filter; Tab takes the first completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False),
        Binding("shift+tab", "complete", show=False),
    ]

    def action_complete(self) -> None:
        offered = next(self.screen.query_one(KeyFilterBar).complete(self.value), None)
        if offered is not None:
            self.value = self.value[: offered.start] + offered.text
            self.action_end()


class KeyFilterBar(TermFilterBar):
    """Says below the line what can follow, or what is wrong with a term."""

    def __init__(self, placeholder: str = KEY_HINT, field: KeyFilterInput | None = None) -> None:
        super().__init__(placeholder, field or KeyFilterInput(placeholder=placeholder))
        self._people: set[str] = set()

    def judge(self, typed: str, *, typing: bool) -> None:
        KeyQuery.parse(typed, typing=typing)

    def remember(self, keys: Iterable[Key]) -> None:
        """Remembers the creators and owners of these keys, which complete `by:` and `owner:`."""
        for key in keys:
            self._people |= {key.created_by, key.owned_by}

    def complete(self, typed: str) -> Iterator[Completion]:
        """Returns the completions of what is typed."""
        return complete(typed, self._people)

    def offers(self, typed: str) -> list[Run]:
        offered = list(self.complete(typed))
        if not offered:
            return []
        runs: list[Run] = [(" " * EDGE, ""), ("tab", "brass bold")]
        for each in offered:
            more: list[Run] = [("  ", ""), (each.text, "ink")]
            if len(offered) < 3 and each.note:
                more += [("  ", ""), (each.note, "faint")]
            if width([*runs, *more]) > self.size.width - 8:
                break
            runs += more
        return runs


class EventFilterBar(TermFilterBar):
    """Says below the line what is wrong with a term."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(EVENT_HINT)
        self.clock = clock

    def judge(self, typed: str, *, typing: bool) -> None:
        EventFilter.parse(typed, self.clock(), typing=typing)
