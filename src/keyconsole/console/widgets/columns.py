"""Which columns of a list fit, and how wide each is. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from keyconsole.console.styled_text import Line, Run, fit
from keyconsole.text import columns as text

RowT = TypeVar("RowT")

GAP = 2
WIDE_GAP = 4
LATE = 3


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """A column: its title, how it draws a row, and how wide it is in cells.

    `most` lets it grow towards the widest text it holds. When the list is narrow, columns leave
    in the order of `leaves` (1 first, 0 never). Before those of `LATE` and more leave, the columns
    that have one are drawn by `short` in `short_width` cells. All of that happens before a column
    that is to be `whole` is cut, up to `most`.
    """

    title: str
    draw: Callable[[RowT], Line]
    width: int
    most: int = 0
    right: bool = False
    leaves: int = 0
    short: Callable[[RowT], Line] | None = None
    short_width: int = 0
    short_title: str = ""
    whole: bool = False
    name: str = ""


def drawn(
    listed: Sequence[text.Column[RowT]],
    clock: Callable[[], datetime],
    is_current: Callable[[RowT], bool] = lambda _: False,
    **lines: Callable[[RowT], Line],
) -> list[Column[RowT]]:
    """Returns the columns of a list that have a place here, in their order.

    `lines` draw those of their names in place of the columns themselves. The name of the row that
    `is_current` is bold.
    """

    def drawing(column: text.Column[RowT]) -> Callable[[RowT], Line]:
        def draw(row: RowT) -> Line:
            line = column.draw(row, clock())
            if column.is_name and is_current(row):
                return [(word, "ink bold" if role == "ink" else role) for word, role in line]
            return line

        return lines.get(column.name, draw)

    return [
        Column(
            each.title, drawing(each), each.width, each.most, each.right, each.leaves,
            each.short, each.short_width, each.short_title, each.whole, each.name,
        )
        for each in listed
        if each.width
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed(Generic[RowT]):
    """A column with the cells that it got."""

    column: Column[RowT]
    cells: int
    shortened: bool

    @property
    def title(self) -> str:
        """The head, a short one where the column is drawn short."""
        column = self.column
        return column.short_title if self.shortened and column.short_title else column.title

    def line(self, row: RowT) -> list[Run]:
        """The row's cell of this column, exactly as wide as its place."""
        column = self.column
        draw = column.short if self.shortened and column.short else column.draw
        return fit(draw(row), self.cells, right=column.right)


@dataclass(frozen=True, slots=True)
class Layout(Generic[RowT]):
    """The columns that are shown, and the blank cells between them."""

    placed: tuple[Placed[RowT], ...]
    gap: int

    def shows(self, title: str, wanted: int = 0) -> bool:
        """Returns true if a column is shown with at least `wanted` cells."""
        return any(
            placed.column.title == title and placed.cells >= wanted for placed in self.placed
        )

    def line(self, row: RowT) -> list[Run]:
        """A row, cell by cell."""
        return self._join([placed.line(row) for placed in self.placed])

    def name_at(self, cell: int) -> str | None:
        """Returns the name of the column at a cell of a row, or None between two of them."""
        for placed in self.placed:
            if 0 <= cell < placed.cells:
                return placed.column.name
            cell -= placed.cells + self.gap
        return None

    def titles(self) -> list[Run]:
        """The heads of the columns."""
        return self._join(
            [
                fit([(placed.title, "dim")], placed.cells, right=placed.column.right)
                for placed in self.placed
            ]
        )

    def _join(self, cells: Sequence[Line]) -> list[Run]:
        runs: list[Run] = []
        for position, cell in enumerate(cells):
            if position:
                runs.append((" " * self.gap, ""))
            runs.extend(cell)
        return runs


def arrange(columns: Sequence[Column[RowT]], cells: int, wanted: Sequence[int]) -> Layout[RowT]:
    """The layout of `columns` in `cells` cells; `wanted` is the widest text of each."""
    shown = list(range(len(columns)))
    shortened = False

    def base(index: int) -> int:
        column = columns[index]
        if column.whole:
            return max(column.width, min(column.most, wanted[index]))
        return column.short_width if shortened and column.short else column.width

    def total() -> int:
        return sum(base(index) for index in shown) + GAP * (len(shown) - 1)

    while total() > cells:
        leaving = [index for index in shown if columns[index].leaves]
        first = min(leaving, key=lambda index: columns[index].leaves, default=None)
        if first is not None and (shortened or columns[first].leaves < LATE):
            shown.remove(first)
        elif not shortened:
            shortened = True
        else:
            break
    widths = {index: base(index) for index in shown}
    spare = cells - total()
    for index in shown:
        column = columns[index]
        if column.most and spare > 0:
            more = min(spare, max(0, min(column.most, wanted[index]) - widths[index]))
            widths[index] += more
            spare -= more
    if spare < 0:
        widest = max(shown, key=lambda index: widths[index])
        widths[widest] = max(4, widths[widest] + spare)
        spare = 0
    gap = GAP + min(WIDE_GAP - GAP, spare // max(1, len(shown) - 1))
    placed = tuple(Placed(columns[index], widths[index], shortened) for index in shown)
    return Layout(placed, gap)
