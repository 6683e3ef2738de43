"""The use of a key in lines, for a person who is about to revoke it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyconsole.cli.lists import exactly
from keyconsole.core.usestate import WORDS
from keyconsole.text.usage import NO_REQUEST, is_new, requests, state_of, strangest_first

if TYPE_CHECKING:
    from keyconsole.wire import Usage, UsageSource

NAMED = 5


def lines(usage: "Usage") -> Iterator[str]:
    """Yields a line for the use of a key and for each source, those first seen today first."""
    now = datetime.now(UTC)
    state = state_of(usage, now)
    head = f"{WORDS[state].upper()}: "
    if usage.last_used_at is None:
        yield f"{head}{NO_REQUEST}."
        return
    last = f"last {exactly(usage.last_used_at)}"
    if state.is_used:
        yield f"{head}{last}; {_counts(usage)}. These get 401:"
    else:
        yield f"{head}{last}; {requests(usage.last_day)} in the last day."
    ordered = strangest_first(usage, now)
    for source in ordered[:NAMED]:
        yield f"  {_told(source, now)}"
    if len(ordered) > NAMED:
        yield f"  and {len(ordered) - NAMED:,} more"


def _counts(usage: "Usage") -> str:
    minute = f"at least {usage.last_minute:,}" if usage.last_minute else "no"
    return (
        f"{minute} requests in the last minute, {usage.last_hour:,} in the last hour, "
        f"{usage.last_day:,} in the last day"
    )


def _told(source: "UsageSource", now: datetime) -> str:
    first = f"since {source.first_seen_at:%Y-%m-%d}"
    if is_new(source, now):
        first = f"FIRST SEEN {exactly(source.first_seen_at)}"
    last = f"last {exactly(source.last_seen_at)}"
    return f"{source.address}  {source.agent or '–'}  {first}, {last}, {source.accepted:,} requests"
