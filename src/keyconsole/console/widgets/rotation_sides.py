"""The old key and the new one side by side, each with who used it since the rotation began."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from keyconsole.console.key_runs import status_of
from keyconsole.console.styled_text import Line, Run, draw, fit, shorten, stack
from keyconsole.core.usestate import WORDS, UseState, use_state
from keyconsole.text import times

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from keyconsole.wire import Rotation, RotationSide, UsageSource

GAP = 4
ROOMY = 32
INDENT = 5
ADDRESS = 16
AGENT = 12
SINCE = 11


def sides(rotation: Rotation, room: int, *, most: int) -> Content:
    """Both, within `room` cells; `most` is how many sources of each are named."""
    cells = (room - GAP) // 2
    at = rotation.at
    old = _side("OLD", rotation.old, at, cells, most)
    new = _side("NEW", rotation.new, at, cells, most)
    return stack(
        draw(*fit(left or [], cells), (" " * GAP, ""), *fit(right or [], cells))
        for left, right in zip_longest(old, new)
    )


def _side(title: str, side: RotationSide, at: datetime, cells: int, most: int) -> list[Line]:
    key = side.key
    dead = key.status == "revoked"
    indent: Run = (" " * (INDENT if cells >= ROOMY else 0), "")
    lines: list[Line] = [
        [
            (f"{title}  ", "brass bold" if title == "NEW" else "dim bold"),
            (shorten(key.label, cells - INDENT), "dim strike" if dead else "ink bold"),
        ],
        [indent, (key.public_key, "dim")],
        [indent, status_of(key, at)],
        [indent, *_use(side, at)],
    ]
    if cells >= ROOMY:
        lines.append([])
    sources = side.sources[:most]
    lines += [[indent, *_source(source, at, cells - len(indent[0]))] for source in sources]
    if not sources:
        lines.append([indent, ("no request so far", "faint")])
    elif len(side.sources) > most:
        lines.append([indent, (f"and {len(side.sources) - most} more", "faint")])
    return lines


def _use(side: RotationSide, at: datetime) -> list[Run]:
    state = use_state(side.key.last_used_at, at)
    if state is UseState.NOW:
        minute = f": {side.last_minute:,} in the last minute" if side.last_minute else ""
        return [(f"{WORDS[state]}{minute}", "ink")]
    if state is UseState.NEVER:
        return [(WORDS[state], "dim")]
    return [(f"last used {times.lately(side.key.last_used_at, at)}", "dim")]


def _source(source: UsageSource, at: datetime, room: int) -> list[Run]:
    """A line a source; where it is narrow without its agent."""
    is_using = use_state(source.last_seen_at, at) is UseState.NOW
    role = "ink" if is_using else "dim"
    address = min(ADDRESS, room - SINCE)
    runs = fit([(source.address, role)], address)
    if (agent := room - address - SINCE) >= AGENT:
        runs += fit([(shorten(source.agent or "–", agent - 1), "dim")], agent)
    return [*runs, *fit([(times.ago(source.last_seen_at, at), role)], SINCE)]
