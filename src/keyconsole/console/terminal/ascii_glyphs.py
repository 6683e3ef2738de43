"""Glyphs for terminals that are not UTF-8: each one cell of ASCII for one that would be garbage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter
from textual.scrollbar import ScrollBarRender

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.color import Color

TWINS = str.maketrans(
    {
        "●": "*", "○": "o", "◌": "o", "◐": "~", "✕": "x", "✓": "+", "⚷": "#", "▸": ">",
        "▌": ">", "█": "#", "▇": "#", "▆": "%", "▅": "+", "▄": "=", "▃": "-", "▂": "_", "▁": ".",
        "▯": "_", "━": "=", "─": "-", "│": "|", "┃": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+",
        "┌": "+", "┐": "+", "└": "+", "┘": "+", "▏": "|", "▕": "|", "▔": "-", "▎": "|", "▊": "|",
        "┤": "+", "•": "*", "·": ".", "…": ".", "›": ">", "‹": "<", "–": "-", "—": "-",
        "×": "x", "↵": "<", "↓": "v", "↑": "^", "←": "<", "→": ">", "“": '"', "”": '"', "’": "'",
        "⚠": "!", "␣": "_", "◔": "%", "░": ".", "↻": "@",
    }
)  # fmt: skip
"""`* o x ~` for the states, so that a state is never one glyph for two."""

_UTF8 = ("utf-8", "utf8")


def speaks_utf8(environ: Mapping[str, str] = os.environ) -> bool:
    """Returns true if the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set says UTF-8.

    So does tmux decide. Python writes a UTF-8 `LC_CTYPE` of its own over the C locale (PEP 538),
    hence what the process was started with counts.
    """
    given = _as_started() if environ is os.environ else environ
    first = next(filter(None, (given.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    return any(name in first.lower() for name in _UTF8)


def _as_started() -> Mapping[str, str]:
    try:
        block = Path("/proc/self/environ").read_bytes()
    except OSError:
        return os.environ
    pairs = (entry.partition(b"=") for entry in block.split(b"\0") if entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def plain(text: str) -> str:
    """`text` in ASCII, each character as wide as before; what has no twin is a question mark."""
    twins = text.translate(TWINS)
    if twins.isascii():
        return twins
    return "".join(
        character if character.isascii() else "?" * cell_len(character) for character in twins
    )


class AsciiGlyphs(LineFilter):
    """The last step of drawing where the terminal is not UTF-8."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments, in ASCII."""
        return [
            segment if segment.text.isascii() else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]


class WholeCellScrollBar(ScrollBarRender):
    """A scroll bar that ends on a whole cell: ASCII has no eighths of a block to end it with."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]
