"""The use of a key: how lately it was used, and words for it beside `usestate.WORDS`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.core.usestate import NEW_SOURCE_SECONDS, UseState, use_state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from keyconsole.text.runs import Run
    from keyconsole.wire import Usage, UsageSource

NO_REQUEST = "no request has come with it"

_REFUSED: dict[str, Run] = {
    "key-revoked": ("✕ revoked", "red"),
    "key-expired": ("✕ expired", "dim"),
    "key-disabled": ("◐ disabled", "amber"),
    "integration-disabled": ("◐ all off", "amber"),
    "credential-invalid": ("◌ forged", "amber"),
    "ip-not-allowed": ("◌ address", "amber"),
    "integration-mismatch": ("◌ elsewhere", "amber"),
    "insufficient-scope": ("◌ scope", "amber"),
    "rate-limited": ("◐ rate", "amber"),
    "quota-exceeded": ("◐ quota", "amber"),
}


def refused_run(reason: str) -> Run:
    """Returns the glyph and word for why requests are refused, from the problem code."""
    return _REFUSED.get(reason, (reason if reason and reason.isascii() else "unknown", "dim"))


def why(refused: Mapping[str, int]) -> str:
    """Returns `revoked 7, forged 1`, the most frequent first."""
    most_first = sorted(refused.items(), key=lambda each: (-each[1], each[0]))
    words = ((refused_run(reason)[0].lstrip("✕◐◌ "), count) for reason, count in most_first)
    return ", ".join(f"{word} {count:,}" for word, count in words)


def state_of(usage: Usage, at: datetime) -> UseState:
    """Returns how lately a key was used, though the clock here may not be the service's.

    It is the more recent of what the service counted and of the last use as seen from `at`.
    """
    counted = UseState.QUIET
    if usage.last_minute:
        counted = UseState.NOW
    elif usage.last_hour:
        counted = UseState.RECENT
    seen = use_state(usage.last_used_at, at)
    return seen if seen is UseState.NEVER else min(counted, seen, key=list(UseState).index)


def requests(count: int) -> str:
    """Returns `1 request`, `20,000 requests`."""
    return f"{count:,} request{'' if count == 1 else 's'}"


def is_new(source: UsageSource, at: datetime) -> bool:
    """Returns whether a source was never seen before today: it may be whoever stole the key."""
    return at - source.first_seen_at < timedelta(seconds=NEW_SOURCE_SECONDS)


def strangest_first(usage: Usage, at: datetime) -> list[UsageSource]:
    """Returns the sources, the new ones first: where few fit, these must."""
    return sorted(usage.sources, key=lambda source: not is_new(source, at))
