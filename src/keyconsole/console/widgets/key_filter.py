"""The filter line in the language of keys: completed while one types, wrong terms underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from keyconsole.console.styled_text import width
from keyconsole.console.widgets.filter import FilterInput
from keyconsole.console.widgets.term_filter import EDGE, TermFilterBar
from keyconsole.core.queries.keys import KeyQuery, complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keyconsole.console.styled_text import Run
    from keyconsole.core.queries.keys import Completion
    from keyconsole.wire import Key

HINT = "label, kcp_…, status:revoked, unused:90d, by:name"


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


class KeyFilterBar(TermFilterBar):
    """Says below the line what can follow, or what is wrong with a term."""

    def __init__(self, placeholder: str = HINT, field: KeyFilterInput | None = None) -> None:
        super().__init__(placeholder, field or KeyFilterInput(placeholder=placeholder))
        self._people: set[str] = set()

    def judge(self, typed: str, *, typing: bool) -> None:
        KeyQuery.parse(typed, typing=typing)

    def remember(self, keys: Iterable[Key]) -> None:
        """Who made these keys completes `by:` from now on, whatever is listed then."""
        self._people.update(key.created_by for key in keys)

    def complete(self, typed: str) -> Iterator[Completion]:
        """What may follow."""
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
