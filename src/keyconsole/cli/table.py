"""Data for people on standard output: aligned columns, safe to show, as wide as there is room."""

import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence

import click

from keyconsole.core.safetext import show

Row = Sequence[str]

GAP = 2
NARROWEST = 8


def write_rows(rows: Sequence[Row], *, indent: str = "", width: int | None = None) -> None:
    """Columns two spaces apart, each as wide as its widest cell; no trailing spaces.

    Where that is more than `width`, the widest columns are cut first.
    """
    shown = [[show(cell) for cell in row] for row in rows]
    widths = [
        max(columns_of(row[column]) for row in shown if column < len(row))
        for column in range(max(map(len, shown), default=0))
    ]
    if width is not None:
        _fit(widths, width - len(indent))
    for row in shown:
        cells = [_cell(cell, width) for cell, width in zip(row, widths, strict=False)]
        click.echo(f"{indent}{(' ' * GAP).join(cells)}".rstrip())


def write_sections(sections: Mapping[str, Sequence[Row]]) -> None:
    """Rows under headings, an empty line between."""
    for number, (heading, rows) in enumerate(sections.items()):
        click.echo(f"{chr(10) if number else ''}{heading}")
        write_rows(rows, indent="  ")


def terminal_width() -> int | None:
    """Returns how many columns standard output has; none where it is no terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return None
    return columns or None


def columns_of(text: str) -> int:
    """Returns how many columns a text takes: two for a wide letter, none for a mark."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, an ellipsis at its end if there was more."""
    if columns_of(text) <= width:
        return text
    kept, taken = [], 0
    for character in text:
        taken += _columns(character)
        if taken > width - 1:
            break
        kept.append(character)
    return f"{''.join(kept)}…"


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cell(text: str, width: int) -> str:
    shown = cut(text, width)
    return shown + " " * (width - columns_of(shown))


def _fit(widths: list[int], room: int) -> None:
    """Narrows the widest column by one until all fit, or each is at `NARROWEST`."""
    while sum(widths) + GAP * (len(widths) - 1) > room:
        widest = max(range(len(widths)), key=lambda column: widths[column])
        if widths[widest] <= NARROWEST:
            return
        widths[widest] -= 1
