"""The state and the times of a key, in words and colours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, status_run
from keyconsole.text import times
from keyconsole.text.keys import status_word

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.wire import Key, KeyCounts

SOON = timedelta(days=14)


def status_of(key: Key, at: datetime, *, integration_off: bool = False) -> Run:
    """A key's state as a person needs it: unconfirmed, and for how long disabled, included.

    Green means that it works, so with `integration_off` no key is.
    """
    if integration_off and key.status == "active":
        return status_run("active, off", "disabled")
    if (word := status_word(key)) in {"damaged", "unconfirmed"}:
        return status_run(word)
    if key.status == "active" and key.rotating:
        return status_run("rotating", "active")
    if key.status == "active" and key.expires_at is not None and key.expires_at - at < SOON:
        left = times.until(key.expires_at, at).removeprefix("in ")
        return f"◔ {left} left", "amber"
    if key.status == "disabled" and key.disabled_until is not None:
        end = "revoked" if key.disabled_then == "revoke" else "enabled"
        return status_run(f"{end} {times.until(key.disabled_until, at)}", "disabled")
    return status_run(str(key.status))


def label_run(key: Key, *, is_current: bool) -> Run:
    """Returns the label of a key in a list; struck through if the key is dead."""
    if key.status in ("revoked", "expired"):
        return key.label, "dim strike"
    return key.label, "ink bold" if is_current else "ink"


def count_runs(counts: KeyCounts) -> list[Run]:
    """How many keys there are in each state that has any."""
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


def expiry_runs(key: Key, at: datetime) -> list[Run]:
    """When a key stops working: worded and coloured as that comes near."""
    if key.expires_at is None:
        return [("never expires", "ink")]
    if key.revoked_at is not None:  # it is dead already
        return [(times.exact(key.expires_at), "dim")]
    exact = (f"   {times.exact(key.expires_at)}", "dim")
    left = key.expires_at - at
    if left <= timedelta(0):
        return [(f"expired {times.lately(key.expires_at, at)}", "amber bold"), exact]
    words = f"expires {times.until(key.expires_at, at)}"
    if left < timedelta(days=3):
        return [(words, "amber bold"), exact]
    return [(words, "amber" if left < SOON else "ink"), exact]
