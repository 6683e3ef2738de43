"""The findings of the label audit in words, and how a label differs from one that it looks like."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from keyconsole.core import labels

if TYPE_CHECKING:
    from keyconsole.text.runs import Line

WORDS = {
    name: name.replace("_", " ")
    for name in ("owner_left", "other_environment", "look_alike", "duplicate", "generic",
                 "unclear", "expiring", "old", "unused", "never_used", "unconfirmed")
} | {"look_alike": "look-alike"}  # fmt: skip
"""The kinds of findings, the gravest first."""

_MOST = 3
"""The number of differences that are told."""


def marked(label: str, like: str, role: str = "ink") -> Line:
    """Returns a label, underlined where it differs from the one that it looks like."""
    return [
        (part, f"{role} bold underline" if is_odd else role)
        for part, _, is_odd in labels.differences(label, like)
        if part
    ]


def spelled(label: str, like: str) -> str:
    """Returns in words where a label differs from the one that it looks like."""
    odd = [(part, other) for part, other, is_odd in labels.differences(label, like) if is_odd]
    told = [f"{_named(part)} for {_named(other)}" for part, other in odd[:_MOST]]
    more = f", and {len(odd) - _MOST} more" if len(odd) > _MOST else ""
    return f"It has {', '.join(told)}{more}."


def _named(part: str) -> str:
    """Returns the name of a letter, or a part of a label in quotes."""
    match len(part):
        case 0:
            return "nothing"
        case 1 if part.isascii() and part.isalpha():
            return f"{'capital' if part.isupper() else 'small'} {part}"
        case 1:
            name = unicodedata.name(part, f"U+{ord(part):04X}")
            return name.lower() if part.isascii() else name.capitalize()
        case _:
            return f"“{part}”"
