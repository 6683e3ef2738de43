"""A list over fetched pages: only the lines on the screen are ever drawn.

A row costs nothing until it is looked at, so a hundred thousand scroll as fast as ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.scroll_view import ScrollView

from keyconsole.console.styled_text import Run, draw, width
from keyconsole.console.widgets.columns import Column, Layout, arrange
from keyconsole.console.widgets.messages import CursorMoved, HeadPicked, MoreWanted, RowPicked
from keyconsole.console.widgets.row_strip import EDGE, RowInk
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.strip import Strip

RowT = TypeVar("RowT")

MARGIN = 3
NARROW = 80
"""Cells right of the text, so that it ends where the crumbs end."""


class ListRows(ScrollView, Generic[RowT], can_focus=True):
    """The lines of a list. `columns` draw a row, `identify` names it for good.

    `marked` holds the rows that a person picked out, by name; a refresh leaves them marked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False),
        Binding("pageup,ctrl+u", "page(-1)", show=False),
        Binding("home", "first", show=False),
        Binding("G,end", "last", show=False),
    ]

    def __init__(self, columns: Sequence[Column[RowT]], identify: Callable[[RowT], str]) -> None:
        super().__init__()
        self.columns = columns
        self.identify = identify
        self.rows: list[RowT] = []
        self.marked: dict[str, RowT] = {}
        self.cursor = 0
        self.wants_top = False
        self.cursor_role = "brass"
        self.arrangement: Layout[RowT] = arrange(columns, 80, [0] * len(columns))
        self._wanted = [0] * len(columns)
        self._ink = RowInk(self)
        self._drawn: dict[int, Strip] = {}

    def put(self, rows: list[RowT]) -> None:
        """Show `rows`; the cursor stays on the row it was on, and that row where it was."""
        before = self.current_id
        screen_line = self.cursor - round(self.scroll_y)
        self.rows = rows
        found = self.index_of(before)
        self.cursor = max(0, min(self.cursor, len(rows) - 1)) if found is None else found
        self._measure(rows)
        if found is not None and screen_line >= 0:
            self.scroll_to(y=max(0, found - screen_line), animate=False, force=True)
        self.freshen()
        self.post_message(CursorMoved())

    def freshen(self) -> None:
        """Draw the lines that say something else by now, and no other: the line may be slow."""
        for y in range(self.size.height):
            if self._line(y) != self._drawn.get(y):
                self.refresh_lines(y + round(self.scroll_y), 1)

    def show_columns(self, columns: Sequence[Column[RowT]]) -> None:
        """Draw the rows in other columns, or in the same with something else in them."""
        self.columns = columns
        self._wanted = [0] * len(columns)
        self._measure(self.rows)
        self.freshen()

    def extend(self, rows: list[RowT]) -> None:
        """Add the next page below what is there."""
        self.rows = [*self.rows, *rows]
        self._measure(rows)
        self.refresh()

    def prepend(self, rows: list[RowT]) -> None:
        """Put the page before on top; what is on the screen stays where it is."""
        self.rows = [*rows, *self.rows]
        self._shift(len(rows))
        self._measure(rows)
        self.scroll_to(y=round(self.scroll_y) + len(rows), animate=False, force=True)
        self.refresh()

    def drop_first(self, count: int) -> None:
        """Let rows at the top go; what is on the screen stays where it is."""
        self.rows = self.rows[count:]
        self._shift(-count)
        self.scroll_to(y=max(0, round(self.scroll_y) - count), animate=False, force=True)
        self.relayout()
        self.refresh()

    def drop_last(self, count: int) -> None:
        """Let rows at the end go."""
        self.rows = self.rows[: len(self.rows) - count]
        self.relayout()
        self.refresh()

    def _shift(self, count: int) -> None:
        self.cursor = max(0, min(self.cursor + count, len(self.rows) - 1))

    @property
    def is_near_end(self) -> bool:
        """True if the cursor is near the last of the rows."""
        return self.cursor >= len(self.rows) - max(20, self.size.height)

    def index_of(self, row_id: str | None) -> int | None:
        """Returns the index of the row of this id; None if it was not fetched."""
        if row_id is None:
            return None
        return next(
            (index for index, row in enumerate(self.rows) if self.identify(row) == row_id), None
        )

    @property
    def current(self) -> RowT | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def current_id(self) -> str | None:
        """The id of the row under the cursor."""
        row = self.current
        return None if row is None else self.identify(row)

    def select(self, row_id: str) -> bool:
        """Put the cursor on the row of that id; false when it is not among those fetched."""
        index = self.index_of(row_id)
        if index is not None:
            self._move_to(index)
        return index is not None

    def point(self, role: str) -> None:
        """Draw the bar of the cursor in another role, or no cursor for an empty one."""
        self.cursor_role = role
        self.refresh()

    def mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        if (row := self.current) is not None:
            if self.marked.pop(self.identify(row), None) is None:
                self.marked[self.identify(row)] = row
            self.refresh_lines(self.cursor, 1)
            self._move_to(self.cursor + 1)

    def mark_all(self) -> None:
        """Mark every row that was fetched; where all of them are, none."""
        every = {self.identify(row): row for row in self.rows}
        self.unmark() if every.keys() <= self.marked.keys() else self.marked.update(every)
        self.refresh()

    def unmark(self) -> None:
        """Take every mark away."""
        self.marked.clear()
        self.refresh()

    def relayout(self) -> None:
        """Place the columns again, for another width or other texts."""
        cells = self.size.width - EDGE - (MARGIN if self.app.size.width >= NARROW else 1)
        self.arrangement = arrange(self.columns, cells, self._wanted)
        self.virtual_size = Size(self.size.width, len(self.rows))

    def render_line(self, y: int) -> Strip:
        self._drawn[y] = line = self._line(y)
        return line

    def _line(self, y: int) -> Strip:
        index = y + round(self.scroll_y)
        if index >= len(self.rows):
            return self._ink.blank(self.size.width)
        row = self.rows[index]
        return self._ink.line(
            self.arrangement.line(row),
            self.size.width,
            cursor=self.cursor_role if index == self.cursor else "",
            is_marked=bool(self.marked) and self.identify(row) in self.marked,
            is_hostile=self._is_hostile(row),
        )

    def _is_hostile(self, row: RowT) -> bool:
        """Returns true if a text of the row held a character that acts or hides.

        Asked of what is drawn, not of every row that was fetched.
        """
        cells = (column.draw(row) for column in self.columns)
        return any(safetext.is_marked(text) for cell in cells for text, _ in cell)

    def _measure(self, rows: list[RowT]) -> None:
        for position, column in enumerate(self.columns):
            if column.most:
                widest = max((width(column.draw(row)) for row in rows), default=0)
                self._wanted[position] = max(self._wanted[position], widest)
        self.relayout()
        self._draw_head()

    def on_resize(self) -> None:
        self.relayout()
        self._draw_head()

    def _draw_head(self) -> None:
        if self.parent is not None:  # rows may come for a screen that is being left
            cast("Listing[RowT]", self.parent).draw_head()

    def action_move(self, step: int) -> None:
        self.wants_top = False
        self._move_to(self.cursor + step)

    def action_page(self, direction: int) -> None:
        self.wants_top = False
        self._move_to(self.cursor + direction * max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.wants_top = True
        self._move_to(0)

    def action_last(self) -> None:
        self._move_to(len(self.rows) - 1)

    def on_click(self, event: events.Click) -> None:
        index = event.y + round(self.scroll_y)
        if index < len(self.rows):
            again = index == self.cursor
            self._move_to(index)
            if again or event.chain > 1:
                self.post_message(RowPicked())

    def _move_to(self, index: int) -> None:
        if not self.rows:
            return
        before, self.cursor = self.cursor, max(0, min(index, len(self.rows) - 1))
        if self.is_near_end or self.cursor < max(20, self.size.height):
            self.post_message(MoreWanted())
        if before == self.cursor:
            return
        top, height = round(self.scroll_y), self.size.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)
        self.refresh_lines(before, 1)
        self.refresh_lines(self.cursor, 1)
        self.post_message(CursorMoved())


class ListHead(Static):
    """The heads of the columns; a click on one tells which."""

    def on_click(self, event: events.Click) -> None:
        rows = cast("Listing[Any]", self.parent).rows
        if (name := rows.arrangement.name_at(event.x - EDGE)) is not None:
            self.post_message(HeadPicked(name))


class Listing(Vertical, Generic[RowT]):
    """Column heads, a rule, and the rows below them; a sentence where there are none."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        identify: Callable[[RowT], str],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.rows: ListRows[RowT] = ListRows(columns, identify)

    def compose(self) -> ComposeResult:
        yield ListHead("", classes="list-head")
        yield Static("", classes="list-rule")
        yield self.rows
        yield Static("", classes="list-empty")

    def draw_head(self) -> None:
        """Draw the heads over the columns as they are placed now."""
        if not self.is_mounted:
            return
        titles = [(" " * EDGE, ""), *self.rows.arrangement.titles()]
        self.query_one(".list-head", Static).update(draw(*titles))
        rule, remark = self.size.width, self.remark()
        self.set_class(bool(remark), "-remarked")
        runs: list[Run] = [("─" * rule, "rule")]
        if remark:
            before = max(0, rule - len(remark) - MARGIN - 2)
            runs = [("─" * before, "rule"), (f" {remark} ", "dim"), ("─" * MARGIN, "rule")]
        self.query_one(".list-rule", Static).update(draw(*runs))

    def remark(self) -> str:
        """Returns what the rule below the heads says, if anything."""
        return ""

    def say_empty(self, *lines: Run | str) -> None:
        """Show a sentence instead of rows, or the rows again when nothing is given."""
        self.set_class(bool(lines), "-empty")
        self.query_one(".list-empty", Static).update(draw(*lines))
