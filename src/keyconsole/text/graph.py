"""A graph of use with axes: bars of what was let in, and a line a reason for what was refused.

Both stand over the same times. They have scales of their own: a few refused requests beside
thousands would not be seen. Reasons are told apart by their lines and words, not by colour.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from keyconsole.text import times
from keyconsole.text.usage import refused_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keyconsole.text.runs import Line
    from keyconsole.text.series import Series

GUTTER = 9
"""Cells left of the bars where nothing was refused: for the scale and its axis."""
WORDS = 21
"""The same where reasons stand there, too."""
_BARS = " ▁▂▃▄▅▆▇█"
_WIDEST = 5
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def graph(series: Series, room: int, height: int, at: datetime, *, reasons: int = 3) -> list[Line]:
    """Returns the lines of a graph `room` cells wide, `height` of them bars.

    At most `reasons` lines tell what was refused, the last one the rest together. `at` is now.
    """
    gutter = WORDS if series.refused else GUTTER
    shown = series.merged(max(1, room - gutter))
    cell = min(_WIDEST, max(1, (room - gutter) // len(shown.steps)))
    lines = _bars([step.accepted for step in shown.steps], gutter, cell, height)
    lines += _refused(shown, gutter, cell, reasons)
    width = cell * len(shown.steps)
    lines.append([("0 ".rjust(gutter - 1), "dim"), (f"└{'─' * width}", "rule")])
    lines.append([(" " * gutter, ""), (_times(shown, cell, at), "dim")])
    return lines


def _bars(counts: Sequence[int], gutter: int, cell: int, height: int) -> list[Line]:
    top = _scale(max(counts))
    marks = {0: top, height // 2: top // 2} if top % 2 == 0 and height >= 4 else {0: top}
    lines: list[Line] = []
    for row in range(height):
        mark = f"{_mark(marks[row])} ┤" if row in marks else "│"
        bars = "".join(
            _bar(
                (count * height / top - (height - 1 - row)) * 8,
                count,
                cell,
                is_lowest=row == height - 1,
            )
            for count in counts
        )
        lines.append([(f"{mark:>{gutter}}", "dim"), (bars, "blue")])
    return lines


def _bar(eighths: float, count: int, cell: int, *, is_lowest: bool) -> str:
    """Returns the part of a bar in one row; a request that came is always seen."""
    level = max(0, min(8, round(eighths)))
    if is_lowest and count:
        level = max(1, level)
    return _BARS[level] * max(1, cell - 1) + " " * (cell > 1)


def _refused(series: Series, gutter: int, cell: int, most: int) -> list[Line]:
    counts = series.refused
    rows = [
        (refused_run(reason), [step.refused.get(reason, 0) for step in series.steps])
        for reason in counts
    ]
    if len(rows) > most:
        rest = [sum(each) for each in zip(*(row for _, row in rows[most - 1 :]), strict=True)]
        rows = [*rows[: most - 1], (("· others", "dim"), rest)]
    top = max((count for _, row in rows for count in row), default=0)
    lines: list[Line] = []
    for (word, role), row in rows:
        total = f"{sum(row):,}"
        if len(word) + len(total) > gutter - 3:
            total = _short(sum(row))
        name = f"{word[: gutter - 3 - len(total)]:<{gutter - 3 - len(total)}}"
        bars = "".join(_bar(count * 8 / top, count, cell, is_lowest=True) for count in row)
        lines.append([(name, role), (f" {total} ", "ink"), ("┤", "dim"), (bars, role)])
    return lines


def _scale(most: int) -> int:
    """Returns the round number at or above a count at which the axis ends."""
    size = 1
    while True:
        for step in (1, 2, 3, 4, 5, 6, 8):
            if step * size >= most:
                return step * size
        size *= 10


def _mark(count: int) -> str:
    return f"{count:,}" if count < 10**6 else _short(count)


def _short(count: int) -> str:
    """Returns a count in at most five cells."""
    for size, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**4, "k")):
        if count >= size:
            return f"{count // (size if unit != 'k' else 1000):,}{unit}"
    return f"{count:,}"


def _times(series: Series, cell: int, at: datetime) -> str:
    """Returns the line below the axis: times of day, or days, as many as have room."""
    words = [_day_or_time(series, index, at) for index in range(len(series.steps))]
    last = "today" if series.is_daily else "now"
    width = cell * len(words)
    if len(last) > width:
        return ""
    line = ""
    for index, word in enumerate(words):
        place = index * cell
        if word and len(line) + 2 * bool(line) <= place <= width - len(last) - 2 - len(word):
            line = f"{line:<{place}}{word}"
    return f"{line:<{width - len(last)}}{last}"


def _day_or_time(series: Series, index: int, at: datetime) -> str:
    """Returns what stands below a step, if anything may."""
    begins = series.steps[index].at
    if series.is_daily:
        begins = begins.astimezone(UTC)
        return times.date(begins, at)
    here = begins.astimezone()
    if series.steps[-1].at - series.steps[0].at >= _DAY:
        is_first = index and series.steps[index - 1].at.astimezone().date() != here.date()
        return f"{here:%a} {here.day}" if is_first else ""
    return f"{here:%H:%M}" if here.hour % 4 == 0 or series.length > _HOUR else ""
