"""CSV that people take away: no cell that a spreadsheet would run."""

import csv
from collections.abc import Sequence
from typing import TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and does not compute: an apostrophe before what would be.

    After OWASP, "CSV Injection"; spaces before it do not help, since some programs trim them.
    """
    starts = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if starts else text


def write_row(stream: TextIO, cells: Sequence[str]) -> None:
    """One line of CSV (RFC 4180), every cell quoted and safe."""
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(map(safe_cell, cells))
