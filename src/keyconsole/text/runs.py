"""Text with roles: the console draws a run in the style of its roles, a command joins the texts."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Run: TypeAlias = tuple[str, str]
"""A text and the roles it plays, such as `"brass bold"`."""

Line: TypeAlias = Sequence[Run]


def plain(line: Iterable[Run]) -> str:
    """Returns the texts of a line without their roles."""
    return "".join(text for text, _ in line)
