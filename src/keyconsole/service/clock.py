"""The one clock of the service: milliseconds since 1970, UTC. Tests hand in one they can set."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from keyconsole.wire import LATEST, rfc3339

Clock = Callable[[], int]
"""Answers the time now, in milliseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def elapsed_clock() -> int:
    """Milliseconds that passed on this machine, asleep or not, whoever sets its clock.

    `CLOCK_BOOTTIME` of Linux counts the time of a suspended machine, which `CLOCK_MONOTONIC` does
    not; elsewhere `CLOCK_MONOTONIC` is the best there is.
    """
    return time.clock_gettime_ns(_ELAPSED) // 1_000_000


_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def system_clock() -> int:
    """Returns the time of this machine, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def moment(milliseconds: int) -> datetime:
    """Returns a stored time as a datetime in UTC; the nearest that an answer can hold."""
    if milliseconds > _LAST:
        return LATEST
    seconds, rest = divmod(max(milliseconds, 0), SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1_000)


def optional_moment(milliseconds: int | None) -> datetime | None:
    """Returns a stored time as a datetime in UTC; None for None and for 0."""
    return moment(milliseconds) if milliseconds else None


def told(milliseconds: int | None) -> str | None:
    """Returns a stored time as RFC 3339 text; None for None."""
    return None if milliseconds is None else rfc3339(moment(milliseconds))


def milliseconds(when: datetime) -> int:
    """Returns a datetime as it is stored, in milliseconds since 1970."""
    return int(when.timestamp()) * SECOND + when.microsecond // 1_000


_LAST = milliseconds(LATEST)
