"""The use of a key, and so what breaks when it is revoked: numbers, a graph, the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, draw, fit, shorten, spark, stack, width
from keyconsole.core.usestate import WORDS, UseState
from keyconsole.text import times
from keyconsole.text.usage import NO_REQUEST, is_new, requests, state_of, strangest_first

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from keyconsole.wire import Usage, UsageSource

SPARK = 16
SOURCES = 3


def hourly(usage: Usage, at: datetime, hours: int = 24) -> list[int]:
    """Accepted requests an hour for the last `hours`, the oldest first, gaps as zero."""
    counts = [0] * hours
    for hour in usage.hours:
        back = int((at - hour.hour).total_seconds() // 3600)
        if 0 <= back < hours:
            counts[hours - 1 - back] += hour.accepted
    return counts


def blast_radius(
    usage: Usage | None, failed: str, at: datetime, room: int, *, most: int = SOURCES
) -> Content:
    """The block between a key's name and the question whether it may die.

    `room` is its width in cells, `most` how many sources are named.
    """
    if usage is None:
        if failed:
            return draw(("USE NOT KNOWN", "amber bold"), (f"   {failed}", "dim"))
        return draw(("looking up its use…", "dim"))
    lines = _lines(usage, at, room, most)
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


def use_of(usage: Usage | None, at: datetime, room: int, *, revoked_at: datetime | None) -> Content:
    """The use of a key on its own page, where nobody is asked anything."""
    if usage is None:
        return draw()
    if revoked_at is None or usage.last_used_at is None:
        return stack(_lines(usage, at, room, SOURCES))
    before = times.span(revoked_at - usage.last_used_at)
    last = f"   {before} before it was revoked" if before else "   as it was revoked"
    lines = [draw(("LAST USED", "ink bold"), (last, "dim"))]
    lines += [draw(*_source(source, at, room)) for source in usage.sources[:SOURCES]]
    return stack(lines)


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


def _lines(usage: Usage, at: datetime, room: int, most: int) -> list[Content]:
    if usage.last_used_at is None:
        return [draw(use_sign(UseState.NEVER), (f"   {NO_REQUEST}", "dim"))]
    lines = [draw(*_headline(usage, at, room))]
    lines += [draw(*_source(source, at, room)) for source in strangest_first(usage, at)[:most]]
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


def _source(source: UsageSource, at: datetime, room: int) -> list[Run]:
    """A line a source; the agent goes first where it is narrow, then the word for the number."""
    is_stranger = is_new(source, at)
    since = f"since {times.day(source.first_seen_at, at)}"
    if is_stranger:
        since = f"first seen {times.lately(source.first_seen_at, at)}"
    runs = fit([(source.address, "red bold" if is_stranger else "ink")], 17)
    agent = min(24, room - 17 - 24 - 17)
    if agent >= 12:
        runs += fit([(shorten(source.agent or "–", agent - 2), "dim")], agent)
    runs += fit([(since, "red" if is_stranger else "dim")], 24)
    runs += fit([(f"{source.accepted:,}", "dim")], 8, right=True)
    if room >= 17 + 24 + 17:
        runs.append((" in all", "faint"))
    return runs
