"""A row of a list as a strip of cells: mark, cursor, badge, and what its columns say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.strip import Strip

from keyconsole.console.styled_text import Line, Run, width

if TYPE_CHECKING:
    from textual.widget import Widget

EDGE = 3
"""Cells left of the text: the mark, the cursor bar, and a blank or the badge."""
BADGE: Run = ("!", "red bold")
"""Worn by a row whose text tried to act on the terminal, or to hide something from the eye."""


class RowInk:
    """Draws rows in the colours that `widget` wears. A style is built once for each role."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[tuple[str, bool], RichStyle] = {}

    def blank(self, cells: int) -> Strip:
        """A line where there is no row."""
        return Strip([Segment(" " * cells, self._style("", at_cursor=False))], cells)

    def line(
        self, text: Line, cells: int, *, cursor: str, is_marked: bool, is_hostile: bool
    ) -> Strip:
        """A row, `cells` wide: what its columns say, behind its edge.

        `cursor` is the role of the bar of the cursor, empty for any other row.
        """
        at_cursor = bool(cursor)
        runs: list[Run] = [
            ("✓" if is_marked else " ", "brass bold"),
            ("▌" if at_cursor else " ", cursor or "brass"),
            BADGE if is_hostile else (" ", ""),
            *text,
        ]
        segments = [Segment(part, self._style(roles, at_cursor=at_cursor)) for part, roles in runs]
        rest = max(0, cells - width(runs))
        segments.append(Segment(" " * rest, self._style("", at_cursor=at_cursor)))
        return Strip(segments).crop(0, cells)

    def _style(self, roles: str, *, at_cursor: bool) -> RichStyle:
        key = roles, at_cursor
        found = self._styles.get(key)
        if found is None:
            found = self._styles[key] = self._build(*key)
        return found

    def _build(self, roles: str, at_cursor: bool) -> RichStyle:  # noqa: FBT001
        variables = self._widget.app.theme_variables
        words = roles.split()
        colour = next((variables[word] for word in words if word in variables), variables["ink"])
        return RichStyle(
            color=Color.parse(colour).rich_color,
            bgcolor=Color.parse(variables["row" if at_cursor else "ground"]).rich_color,
            bold=("bold" in words) or None,
            strike=("strike" in words) or None,
            underline=("underline" in words) or None,
        )
