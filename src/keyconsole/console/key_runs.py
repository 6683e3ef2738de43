"""The state and the times of a key, in words and colours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.text import times
from keyconsole.text.keys import SOON

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Key, KeyCounts


def count_runs(counts: KeyCounts) -> list[Run]:
    """Returns the number of keys in each state that has any."""
    parts = (
        (counts.active - counts.unconfirmed, "active", "dim"),
        (counts.unconfirmed, "unconfirmed", "blue"),
        (counts.disabled, "disabled", "amber"),
        (counts.expired, "expired", "dim"),
        (counts.revoked, "revoked", "dim"),
    )
    runs: list[Run] = []
    for count, word, role in parts:
        if count:
            runs += [(", " if runs else "", "dim"), (f"{count} {word}", role)]
    return runs or [("none", "dim")]


def scope_runs(key: Key) -> list[Run]:
    """Returns what a key may be used for, and which of its scopes its integration lacks."""
    told = " ".join(key.effective_scopes)
    if key.scopes is None:
        return [("all of the integration", "ink"), (f"   {told}", "dim")]
    runs: list[Run] = [(told, "ink")] if told else [("none", "amber bold")]
    lost = [each for each in key.scopes if each not in key.effective_scopes]
    return (
        [*runs, ("   the integration lacks ", "dim"), (" ".join(lost), "amber")] if lost else runs
    )


def expiry_runs(key: Key, at: datetime) -> list[Run]:
    """Returns the expiry of a key in words, coloured as it comes near."""
    if key.expires_at is None:
        return [("never expires", "ink")]
    if key.revoked_at is not None:  # it is dead already
        return [(times.exact(key.expires_at), "dim")]
    by = "  by policy" if key.expiry_from == "policy" else ""
    exact = (f"   {times.exact(key.expires_at)}{by}", "dim")
    left = key.expires_at - at
    if left <= timedelta(0):
        return [(f"expired {times.lately(key.expires_at, at)}", "amber bold"), exact]
    words = f"expires {times.until(key.expires_at, at)}"
    if left < timedelta(days=3):
        return [(words, "amber bold"), exact]
    return [(words, "amber" if left < SOON else "ink"), exact]
