"""The use of a key, and so what breaks when it is revoked: numbers, a graph, the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, draw, fit, shorten, spark, stack, width
from keyconsole.core.networks import allows
from keyconsole.core.shortcuts import key_of
from keyconsole.core.usestate import WORDS, UseState
from keyconsole.text import times, use
from keyconsole.text.graph import graph
from keyconsole.text.usage import NO_REQUEST, is_new, requests, state_of, strangest_first

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.content import Content

    from keyconsole.text.series import Series
    from keyconsole.wire import Key, Usage, UsageSource

SPARK = 16
SOURCES = 3
SHORT = 30
"""Lines below which a page has no room for a graph."""
TITLE = 16
BARS = 6
REASONS = 2


def hourly(usage: Usage, at: datetime, hours: int = 24) -> list[int]:
    """Accepted requests an hour for the last `hours`, the oldest first, gaps as zero."""
    counts = [0] * hours
    for hour in usage.hours:
        back = int((at - hour.hour).total_seconds() // 3600)
        if 0 <= back < hours:
            counts[hours - 1 - back] += hour.accepted
    return counts


def blast_radius(
    usage: Usage | None,
    failed: str,
    at: datetime,
    room: int,
    *,
    allowed: Sequence[str] = (),
    most: int = SOURCES,
) -> Content:
    """The block between a key's name and the question whether it may die.

    `room` is its width in cells, `allowed` the addresses that may use the key, and `most` how many
    sources are named.
    """
    if usage is None:
        if failed:
            return draw(("USE NOT KNOWN", "amber bold"), (f"   {failed}", "dim"))
        return draw(("looking up its use…", "dim"))
    lines = _lines(usage, at, room, allowed, most)
    if most == SOURCES and (consequence := _consequence(usage, at, room)):
        lines.append(draw((consequence, "dim")))
    return stack(lines)


def _consequence(usage: Usage, at: datetime, room: int) -> str:
    """Returns the callers that will get 401, in as many words as there is room for."""
    match state_of(usage, at):
        case UseState.NOW:
            minute = f"at least {max(1, usage.last_minute):,} in the last minute"
            whole = f"These will get 401: {minute}, {usage.last_day:,} in the last day."
            return whole if len(whole) <= room else f"These will get 401: {minute}."
        case UseState.RECENT:
            whole = f"Whoever comes again gets 401: {usage.last_day:,} requests in the last day."
            return whole if len(whole) <= room else "Whoever comes again gets 401."
        case _:
            return ""


def use_of(
    usage: Usage | None, key: Key, at: datetime, room: int, most: int | None = None
) -> Content:
    """The use of a key where nobody is asked whether it may die."""
    if usage is None:
        return draw()
    revoked_at = key.revoked_at
    if revoked_at is None or usage.last_used_at is None:
        return stack(_lines(usage, at, room, key.allowed_ips, most or len(usage.sources)))
    before = times.span(revoked_at - usage.last_used_at)
    last = f"   {before} before it was revoked" if before else "   as it was revoked"
    lines = [draw(("LAST USED", "ink bold"), (last, "dim"))]
    lines += [draw(*_source(source, at, room, ())) for source in usage.sources]
    return stack(lines)


def last_day(series: Series, at: datetime, room: int, height: int) -> Content:
    """A graph of the last 24 hours where there is room for one, and the key that shows more.

    `height` is that of the terminal.
    """
    if height < SHORT or series.is_empty:
        return draw()
    more: list[Run] = [(f"   {key_of('use')}", "brass"), (" shows up to 90 days", "faint")]
    told = use.sums(series, at)
    if TITLE + width(told) + width(more) > room:
        told = told[: use.WITHOUT_PEAK]
    heading = draw((f"{'LAST 24 HOURS':<{TITLE}}", "ink bold"), *told, *more)
    lines = graph(series, room, BARS, at, reasons=REASONS)
    return stack([draw(), heading, *(draw(*line) for line in lines)])


def use_sign(state: UseState) -> Run:
    """Returns the words for how lately a key was used, as every screen draws them."""
    words = WORDS[state].upper()
    match state:
        case UseState.NOW:
            return f" {words} ", "ground bold on amber"
        case UseState.RECENT:
            return words, "amber bold"
        case _:
            return words, "ink bold"


def _lines(
    usage: Usage, at: datetime, room: int, allowed: Sequence[str], most: int
) -> list[Content]:
    if usage.last_used_at is None:
        return [draw(use_sign(UseState.NEVER), (f"   {NO_REQUEST}", "dim"))]
    lines = [draw(*_headline(usage, at, room))]
    lines += [
        draw(*_source(source, at, room, allowed)) for source in strangest_first(usage, at)[:most]
    ]
    more = len(usage.sources) - most
    if more > 0:
        lines.append(draw((f"and {more} more source{'s' if more > 1 else ''}", "dim")))
    return lines


def _headline(usage: Usage, at: datetime, room: int) -> list[Run]:
    last = f"last {times.ago(usage.last_used_at, at)}"
    state = state_of(usage, at)
    if state.is_used:
        runs: list[Run] = [
            use_sign(state),
            (f"   {last} · {requests(usage.last_hour)} in the last hour", "ink"),
        ]
        if width(runs) > room:
            runs[1] = (f"  {last} · {usage.last_hour:,} an hour", "ink")
    else:
        day = f"{usage.last_day:,}" if usage.last_day else "none"
        runs = [use_sign(state), (f"   {last} · {day} in the last day", "dim")]
    graph = spark(hourly(usage, at), SPARK)
    if graph and width(runs) + SPARK + 3 <= room:
        runs += [("   ", ""), (graph, "brass")]
    return runs


def _source(source: UsageSource, at: datetime, room: int, allowed: Sequence[str]) -> list[Run]:
    """A line a source; the agent goes first where it is narrow, then the word for the number."""
    since, role, ink = f"since {times.day(source.first_seen_at, at)}", "dim", "ink"
    if not allows(allowed, source.address):
        since, role, ink = "◌ refused now", "amber", "dim"
    elif is_new(source, at):
        since, role, ink = f"first seen {times.lately(source.first_seen_at, at)}", "red", "red bold"
    runs = fit([(source.address, ink)], 17)
    agent = min(24, room - 17 - 24 - 17)
    if agent >= 12:
        runs += fit([(shorten(source.agent or "–", agent - 2), "dim")], agent)
    runs += fit([(since, role)], 24)
    runs += fit([(f"{source.accepted:,}", "dim")], 8, right=True)
    if room >= 17 + 24 + 17:
        runs.append((" in all", "faint"))
    return runs
