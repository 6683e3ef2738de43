"""The last filter before the terminal: nothing that acts or hides gets past it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from keyconsole.core import safetext

if TYPE_CHECKING:
    from textual.color import Color


class OutputFilter(LineFilter):
    """Shows control and invisible characters in place of sending them.

    Text is made safe where it comes in; this catches what a mistake let through. Line widths
    may be off by what is shown instead, the terminal is not.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Returns the segments, unsafe characters made visible."""
        if all(text.isascii() and text.isprintable() for text, _, _ in segments):
            return segments
        return [
            segment if segment.control else Segment(safetext.show(segment.text), segment.style)
            for segment in segments
        ]
