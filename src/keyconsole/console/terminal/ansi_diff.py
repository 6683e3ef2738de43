"""Fewer bytes for the same screen: what the terminal shows already is not written again.

Textual writes whole lines, and a full style around each piece of text. On a slow link, where each
byte is waited for, two thirds of that say what is there, or what the piece before has said.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_PLACE = re.compile(r"(\x1b\[\d+;\d+H)")
_STYLE = re.compile(r"\x1b\[([\d;]*)m")
_ANOTHER_SCREEN = re.compile(r"\x1b\[(?:\?1049[hl]|[0-3]?J)|\x1bc")
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})
"""Underlined, reversed, struck through, twice underlined, overlined."""
_RESET = "\x1b[0m"


class _Style(NamedTuple):
    """The attributes and colours that an SGR sequence sets after a reset."""

    attributes: frozenset[str] = frozenset()
    ink: str = "39"
    ground: str = "49"


class Saving:
    """Remembers with what each line was last written; `forget`s it for a terminal that may not."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[str, str]] = {}

    def forget(self) -> None:
        """Everything is written again."""
        self._lines.clear()

    def lessen(self, text: str) -> str:
        """Returns the part of `text` that changes the terminal."""
        if _ANOTHER_SCREEN.search(text):
            self.forget()
        head, *rest = _PLACE.split(text)
        written = [head]
        for position in range(0, len(rest), 2):
            place, content = rest[position], rest[position + 1]
            is_last = position + 2 == len(rest)
            line = content if is_last else content.removesuffix("\n")
            if not line:
                written.append(place if is_last else "")
                continue
            row = place[2:].partition(";")[0]
            if is_last or self._lines.get(row) != (place, line):
                self._lines[row] = place, line
                written += (place, shorter(line))
        return "".join(written)


def shorter(line: str) -> str:
    """The same cells, each style told by what it changes of the one before."""
    first, *rest = _STYLE.split(line)
    written, now, after_reset = [first], "", True
    for position in range(0, len(rest), 2):
        style, text = rest[position].removeprefix("0;"), rest[position + 1]
        if style in ("", "0"):
            style, after_reset = "", True
        elif not after_reset:
            return line  # a style on top of another: not as Textual writes them
        else:
            after_reset = False
        if not text:
            continue
        if not text.strip(" ") and _is_the_same_blank(now, style):
            written.append(text)
            continue
        written += (_change(now, style), text)
        now = style
    return "".join(written) + (_RESET if now else "")


@lru_cache(maxsize=1024)
def _change(now: str, then: str) -> str:
    """The shortest sequence from one style to another."""
    if now == then:
        return ""
    anew = f"\x1b[0;{then}m" if then else _RESET
    before, after = _read(now), _read(then)
    if before.attributes - after.attributes:
        return anew
    parts = sorted(after.attributes - before.attributes)
    if before.ink != after.ink:
        parts.append(after.ink)
    if before.ground != after.ground:
        parts.append(after.ground)
    return min(f"\x1b[{';'.join(parts)}m" if parts else "", anew, key=len)


@lru_cache(maxsize=1024)
def _is_the_same_blank(now: str, then: str) -> bool:
    before, after = _read(now), _read(then)
    marks = (before.attributes | after.attributes) & _SEEN_ON_BLANKS
    return before.ground == after.ground and not marks


def _read(style: str) -> _Style:
    attributes, ink, ground = set(), "39", "49"
    codes = iter(style.split(";") if style else ())
    for code in codes:
        colour = code
        if code in ("38", "48"):
            kind = next(codes, "")
            values = [next(codes, "") for _ in range(3 if kind == "2" else 1)]
            colour = ";".join((code, kind, *values))
        if code == "38" or code in _INKS:
            ink = colour
        elif code == "48" or code in _GROUNDS:
            ground = colour
        else:
            attributes.add(code)
    return _Style(frozenset(attributes), ink, ground)


_INKS = frozenset(map(str, (*range(30, 38), 39, *range(90, 98))))
_GROUNDS = frozenset(map(str, (*range(40, 48), 49, *range(100, 108))))
