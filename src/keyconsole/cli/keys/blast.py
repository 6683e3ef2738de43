"""Who uses a key, and so what breaks when it dies: for a person who is about to say so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from keyconsole.cli.lists import exactly
from keyconsole.core.usestate import WORDS, use_state

if TYPE_CHECKING:
    from keyconsole.wire import Usage, UsageSource

NAMED = 5
NEW = timedelta(hours=24)


def lines(usage: "Usage") -> Iterator[str]:
    """What is known of its use, the sources that were never seen before today first."""
    if usage.last_used_at is None:
        yield "Nobody used it in the last hour, nor ever before."
        return
    now = datetime.now(UTC)
    last = f"last {exactly(usage.last_used_at)}"
    state = use_state(usage.last_used_at, now)
    if state.is_used:
        yield f"{WORDS[state].upper()}: {last}; {_counts(usage)}. These get 401:"
    else:
        yield f"Nobody used it in the last hour; {last}, {usage.last_day:,} in the last day."
    ordered = sorted(usage.sources, key=lambda source: not _is_new(source, now))
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
    if _is_new(source, now):
        first = f"FIRST SEEN {exactly(source.first_seen_at)}"
    last = f"last {exactly(source.last_seen_at)}"
    return f"{source.address}  {source.agent or '–'}  {first}, {last}, {source.accepted:,} requests"


def _is_new(source: "UsageSource", now: datetime) -> bool:
    return now - source.first_seen_at < NEW
