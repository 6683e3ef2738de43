"""Words beside a graph of use: its sums, its peak, and what changed within the last day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.text.series import begins
from keyconsole.text.usage import is_new, refused_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keyconsole.text.runs import Line, Run
    from keyconsole.text.series import Series
    from keyconsole.wire import OtherSources, UsageSeries, UsageSource

WITHOUT_PEAK = 4
"""The runs of the sums before the busiest step."""
_NAMED = 3
_MANY_TIMES = 10


def sums(series: Series, at: datetime) -> Line:
    """Returns how much was let in and refused, as far as that is known, and the busiest step."""
    line: list[Run] = [("Let in ", "dim"), (f"{series.accepted:,}", "ink bold")]
    if series.knows_refused:
        refused = sum(series.refused.values())
        line += [("   refused ", "dim"), (f"{refused:,}", "red bold" if refused else "ink")]
    if series.accepted:
        busiest = series.busiest
        when = begins(busiest, series.length, at)
        on = "on" if series.is_daily else "in the hour of"
        line += [("   most ", "dim"), (f"{busiest.accepted:,}", "ink bold"),
                 (f" {on} {when}", "dim")]  # fmt: skip
    return line


def changes(found: UsageSeries, sources: Sequence[UsageSource], at: datetime) -> list[Line]:
    """Returns what changed within the last day: new sources, refusals, more or less use.

    Nothing, where nothing came on that day and the one before.
    """
    today, before = found.last_day, found.day_before
    lines: list[Line] = []
    new = [each for each in sources if is_new(each, at)]
    if new:
        named = ", ".join(f"{each.address}" for each in new[:_NAMED])
        more = f" and {len(new) - _NAMED:,} more" if len(new) > _NAMED else ""
        lines.append([(f"✕ new source{'s' if len(new) > 1 else ''} ", "red"),
                      (f"{named}{more}", "red bold")])  # fmt: skip
    refused: list[Run] = []
    for reason, count in sorted(today.refused.items(), key=lambda each: (-each[1], each[0])):
        word, role = refused_run(reason)
        since = before.refused.get(reason, 0)
        refused += [("   ", "")] if refused else []
        refused += [(word, role), (f" {count:,}", "ink"),
                    (f", {since:,} the day before" if since else ", new", "dim")]  # fmt: skip
    if refused:
        lines.append(refused)
    if not today.accepted and not before.accepted:
        return lines
    compared = _compared(today.accepted, before.accepted)
    lines.append([("Last day ", "dim"), (f"{today.accepted:,} let in", "ink"), (compared, "dim")])
    return lines


def _compared(now: int, before: int) -> str:
    if not before:
        return ", none the day before"
    if now > _MANY_TIMES * before:
        return f", {now // before:,} times the day before"
    change = round((now - before) * 100 / before)
    if not change:
        return ", as much as the day before"
    return f", {abs(change)} % {'more' if change > 0 else 'less'} than the day before"


def others(found: OtherSources) -> str:
    """Returns the line of the sources that are kept no longer, without when they came last."""
    counts = f"{found.accepted:,} let in, {found.refused:,} refused"
    return f"others (about {found.sources:,})   {counts}"


def damaged(series: Series) -> str:
    """Returns the sentence about counts that could not be read; empty if all could."""
    if not series.damaged:
        return ""
    are, they = ("is", "it is") if series.damaged == 1 else ("are", "they are")
    counts = f"{series.damaged:,} count{'' if series.damaged == 1 else 's'}"
    return f"{counts} of the database {are} damaged: {they} left out here."
