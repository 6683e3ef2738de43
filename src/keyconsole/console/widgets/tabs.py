"""The tabs of an integration: names, a count, and a line under the open one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.widget import Widget

from keyconsole.console.styled_text import Run, draw, width
from keyconsole.console.widgets.messages import TabPicked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.content import Content

GAP = 3
NARROW_GAP = 2


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: what its route calls it, its title, and a count beside it or none."""

    name: str
    title: str
    count: str = ""


class TabBar(Widget):
    """Two lines: the titles, and the line under the one that is open."""

    def __init__(self, tabs: Sequence[Tab], open_tab: str) -> None:
        super().__init__()
        self.tabs, self.open_tab = tuple(tabs), open_tab

    @property
    def gap(self) -> int:
        """Blank cells between two titles."""
        return GAP if self.size.width > 44 else NARROW_GAP

    def put(self, tabs: Sequence[Tab], open_tab: str) -> None:
        """Show these tabs, one of them open."""
        if (tuple(tabs), open_tab) != (self.tabs, self.open_tab):
            self.tabs, self.open_tab = tuple(tabs), open_tab
            self.refresh()

    def render(self) -> Content:
        titles: list[Run] = []
        line: list[Run] = []
        for tab in self.tabs:
            is_open = tab.name == self.open_tab
            role = "brass bold" if self.size.height > 1 else "brass bold underline"
            runs: list[Run] = [(tab.title, role if is_open else "dim")]
            if tab.count:
                runs.append((f" {tab.count}", "dim"))
            line.append((("━" if is_open else " ") * width(runs) + " " * self.gap, "brass"))
            titles += [*runs, (" " * self.gap, "")]
        return draw(*titles, "\n", *line)

    def on_click(self, event: events.Click) -> None:
        start = 0
        for tab in self.tabs:
            cells = len(tab.title) + (len(tab.count) + 1 if tab.count else 0)
            if start <= event.x < start + cells:
                self.post_message(TabPicked(tab.name))
            start += cells + self.gap
