"""A disabled key in words: since when, and what happens by itself at what moment."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

FOLLOWS = {"revoke": "revokes itself", "enable": "enables itself"}
"""The words for a scheduled transition, by its end."""


def follows(then: str | None) -> str:
    """Returns what happens by itself: `revokes itself` unless it was to be enabled again."""
    return FOLLOWS.get(str(then or "revoke"), FOLLOWS["revoke"])


def minute(moment: datetime) -> str:
    """Returns a moment to the minute, in UTC: `2026-11-29 13:21 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def scheduled(until: datetime, then: str | None) -> str:
    """Returns what will happen and when: `revokes itself on 2026-11-29 13:21 UTC`."""
    return f"{follows(then)} on {minute(until)}"


def described(
    since: datetime | None, until: datetime | None, then: str | None, at: datetime
) -> str:
    """Returns since when, what will happen and when; the day of the first where it is not today."""
    words = "disabled"
    if since is not None:
        is_today = since.astimezone(UTC).date() == at.astimezone(UTC).date()
        words += f" since {minute(since)[11:16] if is_today else minute(since)}"
    end = "until it is enabled or revoked" if until is None else scheduled(until, then)
    return f"{words}; {end}" if until is not None else f"{words}, {end}"
