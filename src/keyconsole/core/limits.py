"""Limits of a key: how often it may be used. Pure.

```
rate  = 100/60s | 20/s | 300/m | 5000/h      requests, and in how many seconds
quota = 1000/day | 50000/month               requests, and in which calendar period of UTC
```
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_REQUESTS = 1_000_000
MOST_SECONDS = 86_400
MOST_OF_QUOTA = 100_000_000

RATES = "100/60s, 20/s, 300/m or none"
QUOTAS = "1000/day, 50000/month or none"

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_RATE = re.compile(r"([0-9_,]{1,15})/([0-9]{0,6})([smhd])")
_QUOTA = re.compile(r"([0-9_,]{1,15})/(day|month)")
_LONGEST_MONTH = 31


class QuotaPeriod(StrEnum):
    """The calendar period that a quota is for, in UTC."""

    DAY = "day"
    MONTH = "month"


class Rate(NamedTuple):
    """As many requests at once, and that many again in each `seconds`."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.requests}/{self.seconds}s"


class Quota(NamedTuple):
    """As many requests in a day or a month."""

    requests: int
    per: QuotaPeriod

    def __str__(self) -> str:
        return f"{self.requests}/{self.per}"


class Limits(NamedTuple):
    """The limits of a key; None for each that it does not have."""

    rate: Rate | None = None
    quota: Quota | None = None

    def __str__(self) -> str:
        return ", ".join(str(each) for each in self if each is not None)

    @property
    def stored(self) -> dict[str, Any] | None:
        """The limits as they are kept; None if there are none."""
        found: dict[str, Any] = {}
        if self.rate is not None:
            found["rate_limit"] = self.rate._asdict()
        if self.quota is not None:
            found["quota"] = self.quota._asdict()
        return found or None


NONE = Limits()


def of_stored(stored: Mapping[str, Any] | None) -> Limits | None:
    """Returns limits as they were kept; None for what is none, which must let nobody through."""
    if stored is None:
        return NONE
    try:
        rate = None if "rate_limit" not in stored else Rate(**stored["rate_limit"])
        quota = None if "quota" not in stored else Quota(**stored["quota"])
        if quota is not None:
            quota = quota._replace(per=QuotaPeriod(quota.per))
    except (TypeError, ValueError):
        return None
    found = Limits(rate, quota)
    numbers = [*(rate or ()), *(() if quota is None else (quota.requests,))]
    is_sound = all(each.__class__ is int and each > 0 for each in numbers)
    return found if is_sound and found.stored == stored else None


def widens(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Returns true if limits as they are kept allow a use that they did not allow before.

    A rate is lower if neither its requests at once nor those a second are more.
    """
    old, new = of_stored(before) or NONE, of_stored(after) or NONE
    return _raises_rate(old.rate, new.rate) or _raises_quota(old.quota, new.quota)


def typed_rate(text: str, subject: str | None = None) -> Rate | None:
    """Returns the rate in a text; None for `none`. Raises `UsageError`, which begins as told."""
    if _is_none(text):
        return None
    match = _RATE.fullmatch(text.strip().lower().replace(" ", ""))
    if match is None:
        raise UsageError(f"{_takes(subject)} {RATES}.")
    return Rate(_number(match[1]), int(match[2] or 1) * _UNITS[match[3]])


def typed_quota(text: str, subject: str | None = None) -> Quota | None:
    """Returns the quota in a text; None for `none`. Raises `UsageError`, which begins as told."""
    if _is_none(text):
        return None
    match = _QUOTA.fullmatch(text.strip().lower().replace(" ", ""))
    if match is None:
        raise UsageError(f"{_takes(subject)} {QUOTAS}.")
    return Quota(_number(match[1]), QuotaPeriod(match[2]))


def typed(text: str) -> Limits:
    """Returns the limits in a text, with blanks or commas between; an empty one has none.

    Raises `UsageError`.
    """
    rate: Rate | None = None
    quota: Quota | None = None
    for each in text.replace(",", " ").split():
        is_quota = _QUOTA.fullmatch(each.lower()) is not None
        if (quota if is_quota else rate) is not None:
            raise UsageError(f"Write one {'quota' if is_quota else 'rate'}.")
        try:
            if is_quota:
                quota = typed_quota(each)
            else:
                rate = typed_rate(each)
        except UsageError:
            raise UsageError("Write a rate like 100/60s, a quota like 1000/day, or both.") from None
    return Limits(rate, quota)


def _raises_rate(before: Rate | None, after: Rate | None) -> bool:
    if before is None or after is None:
        return before is not None
    is_faster = after.requests * before.seconds > before.requests * after.seconds
    return is_faster or after.requests > before.requests


def _raises_quota(before: Quota | None, after: Quota | None) -> bool:
    if before is None or after is None:
        return before is not None
    most = after.requests
    if (before.per, after.per) == (QuotaPeriod.MONTH, QuotaPeriod.DAY):
        most *= _LONGEST_MONTH
    return most > before.requests


def _is_none(text: str) -> bool:
    return text.strip().lower() == "none"


def _number(text: str) -> int:
    digits = text.replace(",", "").replace("_", "")
    return int(digits or 0)


def _takes(subject: str | None) -> str:
    return "Write" if subject is None else f"{subject} takes"
