"""A day as people type it: a date, or a number of days. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from keyconsole.core.errors import UsageError

HINT = "2027-06-30 to its end, UTC; or 45 for 45 days"

_DAYS = re.compile(r"([0-9]{1,4}) *(?:d|days?)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


class NotADayError(UsageError):
    """It is no day, or not yet: somebody may be in the midst of typing one."""


def end_of(text: str, at: datetime) -> datetime:
    """The end of that day in UTC, or so many days after `at`.

    Raises `NotADayError`, or another `UsageError` for a day that is past, each with a sentence.
    """
    typed = text.strip().lower()
    if days := _DAYS.fullmatch(typed):
        if not int(days[1]):
            raise UsageError("0 days is now: write at least 1.")
        return at + timedelta(days=int(days[1]))
    try:
        end = _end_of_date(typed)
    except (ValueError, OverflowError):  # no such day, or the last one of all
        raise NotADayError(
            "Write a day as year-month-day, or a number of days: 2027-06-30, 45."
        ) from None
    if end <= at:
        raise UsageError(f"{typed} has passed: write a day in the future.")
    return end


def _end_of_date(text: str) -> datetime:
    if _DATE.fullmatch(text) is None:
        raise ValueError("not a date")
    return datetime.strptime(f"{text}Z", "%Y-%m-%d%z") + timedelta(days=1)
