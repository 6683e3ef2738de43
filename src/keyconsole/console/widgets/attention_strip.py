"""The line below the first list: how much needs attention, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, cut, draw, fit, width
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text.attention import totals, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.styled_text import Line
    from keyconsole.wire import Attention

APART: Run = ("   ", "")
LEAST = 30
"""Cells for what the worst items are about, before the other totals leave."""


class AttentionStrip(Static):
    """Shown only while something needs attention."""

    def __init__(self) -> None:
        super().__init__("")
        self._found: Attention | None = None

    def put(self, found: Attention | None) -> None:
        """Shows what needs attention now, or nothing."""
        self._found = found
        self.set_class(found is not None and bool(found.counts), "-there")
        self.on_resize()

    async def on_click(self) -> None:
        await self.screen.run_action("app.attention")

    def on_resize(self) -> None:
        if self._found is not None and self._found.counts:
            self.update(draw(*line(self._found, self.app.size.width - 8)))


def line(found: Attention, cells: int) -> list[Run]:
    """Returns the totals and what the worst items are about, in so many cells."""
    (_, first), *others = totals(found)
    role = first[0][1].partition(" ")[0]
    head: list[Run] = [("▌ ", role), *first]
    rest = [each for _, each in others]
    opens: Line = [(key_of("attention"), "brass bold"), (" opens", "dim")]

    def room() -> int:
        taken = [*head, *_joined([*rest, opens])]
        return cells - width(taken) - 2 * len(APART[0])

    while rest and room() < LEAST:
        rest.pop()
    end = _joined([*rest, opens])
    return [*fit([*head, APART, *_names(found, max(0, room()))], cells - width(end)), *end]


def _names(found: Attention, cells: int) -> list[Run]:
    """Returns the worst items that fit, and how many more there are."""
    every = worst(found.items)
    shown: list[Run] = []
    for count, each in enumerate(every):
        more = f" +{len(every) - count}"
        longer = [*shown, (" · ", "faint"), *each] if shown else [*each]
        last = count == len(every) - 1
        if width(longer) > cells - (0 if last else len(more)):
            return [*shown, (more, "dim")] if shown else [*cut(each, cells - 1), ("…", "faint")]
        shown = longer
    return shown


def _joined(parts: Sequence[Line]) -> list[Run]:
    runs: list[Run] = []
    for each in parts:
        runs += [APART, *each] if runs else each
    return runs
