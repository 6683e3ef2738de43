"""Moments as a person says them: `2h`, `7d`, or `2027-01-31T06:00Z`. Pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import overload

from keyconsole.core.errors import UsageError

_SPAN = re.compile(r"([1-9][0-9]{0,4})\s*(m|min|h|d)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


@overload
def ahead(text: str, option: str, now: datetime | None = None) -> datetime: ...


@overload
def ahead(text: None, option: str, now: datetime | None = None) -> None: ...


@overload
def ahead(text: str | None, option: str, now: datetime | None = None) -> datetime | None: ...


def ahead(text: str | None, option: str, now: datetime | None = None) -> datetime | None:
    """A moment to come, a span counted from now; nothing for nothing. Raises `UsageError`."""
    now = now or datetime.now(UTC)
    moment = _moment(text, option, now, 1)
    if moment is not None and moment <= now:
        raise UsageError(f"{option} is in the past.")
    return moment


def ago(text: str | None, option: str, now: datetime | None = None) -> datetime | None:
    """A moment that has been, a span counted back; nothing for nothing. Raises `UsageError`."""
    return _moment(text, option, now or datetime.now(UTC), -1)


def _moment(text: str | None, option: str, now: datetime, sign: int) -> datetime | None:
    if text is None:
        return None
    try:
        if match := _SPAN.fullmatch(text.strip().lower()):
            return now + sign * timedelta(**{_UNITS[match[2]]: int(match[1])})
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} is a span such as 30m, 2h or 7d, or a time such as 2027-01-31T06:00Z."
        ) from None


def rotation_age(text: str) -> int | None:
    """The days of `--rotate-every`; nothing for an empty text. Raises `UsageError`."""
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise UsageError("--rotate-every is a number of days such as 90, or an empty text.")
    return int(text) if text else None
