"""States and counts as glyphs, beside their words: never colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.text.runs import Run

GLYPHS = {
    "active": ("●", "green"),
    "configured": ("●", "green"),
    "draft": ("◌", "amber"),
    "unconfirmed": ("◌", "blue"),
    "disabled": ("◐", "amber"),
    "expired": ("✕", "dim"),
    "revoked": ("✕", "red"),
    "damaged": ("✕", "amber"),
}

_BARS = " ▁▂▃▄▅▆▇█"


def status_run(word: str, glyph_of: str | None = None) -> Run:
    """Returns a state as glyph and word."""
    glyph, role = GLYPHS.get(glyph_of or word, ("●", "dim"))
    return f"{glyph} {word}", role


def spark(counts: Sequence[int], cells: int) -> str:
    """Returns counts as a graph `cells` wide, the newest on the right, the highest full."""
    counts = [max(0, count) for count in counts]
    if not any(counts):
        return ""
    size = -(-len(counts) // cells)
    padded = [0] * (size * cells - len(counts)) + list(counts)
    sums = [sum(padded[start : start + size]) for start in range(0, len(padded), size)]
    top = max(sums)
    return "".join(_BARS[0 if count == 0 else max(1, count * 8 // top)] for count in sums)
