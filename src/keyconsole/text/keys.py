"""A key in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.core.limits import Limits, Quota, Rate
from keyconsole.text import times
from keyconsole.text.glyphs import status_run

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.text.runs import Run
    from keyconsole.wire import Key

SOON = timedelta(days=14)


def status_word(key: Key) -> str:
    """Returns the status in a word; `unconfirmed` if it is active and nobody confirmed it."""
    if key.damaged:
        return "damaged"
    return "unconfirmed" if key.status == "active" and not key.confirmed else str(key.status)


def status_of(key: Key, at: datetime, *, integration_off: bool = False) -> Run:
    """Returns the status as a person needs it: unconfirmed, and for how long disabled, included.

    Green means that the key works, so with `integration_off` no key is green.
    """
    if integration_off and key.status == "active":
        return status_run("active, off", "disabled")
    if (word := status_word(key)) in {"damaged", "unconfirmed"}:
        return status_run(word)
    if key.status == "active" and key.rotating:
        return status_run("rotating", "active")
    if key.status == "active" and key.scopes is not None and not key.effective_scopes:
        return status_run("no scope", "disabled")
    if key.status == "active" and key.expires_at is not None and key.expires_at - at < SOON:
        left = times.until(key.expires_at, at).removeprefix("in ")
        return f"◔ {left} left", "amber"
    if key.status == "disabled" and key.disabled_until is not None:
        end = "revoked" if key.disabled_then == "revoke" else "enabled"
        return status_run(f"{end} {times.until(key.disabled_until, at)}", "disabled")
    return status_run(str(key.status))


def limits_of(key: Key) -> str:
    """Returns the limits of a key as a person types them; empty without any."""
    rate, quota = key.rate_limit, key.quota
    return str(
        Limits(
            None if rate is None else Rate(rate.requests, rate.seconds),
            None if quota is None else Quota(quota.requests, quota.per),
        )
    )


def limit_runs(key: Key) -> list[Run]:
    """Returns the limits of a key for its page."""
    told = limits_of(key)
    return [(told, "ink") if told else ("none", "dim")]


def short_name(account: str) -> str:
    """Returns an account without its domain, for a narrow column."""
    return account.partition("@")[0]
