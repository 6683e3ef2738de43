"""Durations, dates and times as people write them: the only parser of them. Pure.

```
duration    = 30m | 12h | 7d | 2w | 3mo | 1y     a month is 30 days, a year 365
date        = 2027-01-31                         the whole day, UTC
moment      = 2027-01-31T06:00Z | 2027-01-31T06:00+01:00 | 2027-01-31T06:00, which is UTC
time of day = 18:00                              the next one to come, or the last that was; UTC
```

Every function takes all that makes sense for what it returns. `subject` begins the sentence of an
error, such as `--until`; no error repeats the text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from keyconsole.core.errors import UsageError

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(milliseconds=1)
"""The resolution of stored times."""

DURATIONS = "30m, 12h, 7d, 2w, 3mo or 1y"
TIMES = "12h, 7d or 3mo, a date or a time: 2027-06-30, 2027-06-30T18:00"

MOST = 100_000
"""A number of units has fewer digits."""

_UNITS = {
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "mo": 30 * DAY,
    "y": 365 * DAY,
}
_DURATION = re.compile(
    r"([0-9]{1,5}) *(?:(mo)(?:nths?)?|(m)(?:in(?:ute)?s?)?|(h)(?:ours?)?|(d)(?:ays?)?"
    r"|(w)(?:eeks?)?|(y)(?:ears?)?)"
)
_COUNTED = {MINUTE: ("minutes", "30 or 2h"), DAY: ("days", "90 or 2w")}
_NUMBER = re.compile(r"[0-9]{1,5}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{8}")
_BEGUN = re.compile(
    r"[0-9]{1,5}|[0-9]{4}-[0-9]{0,2}|[0-9]{4}-[0-9]{1,2}-[0-9]?|[0-9]{1,2}:[0-9]?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[Tt ][0-9]{0,2}(?::[0-9]?)?"
)
_TIME_OF_DAY = re.compile(r"([0-9]{1,2}):([0-9]{2})Z?", re.IGNORECASE)


class UnreadableTimeError(UsageError):
    """The text is none of the forms; the beginning of one, perhaps, that is still being typed."""


def duration(text: str, subject: str | None = None) -> timedelta:
    """Returns a duration, which is not zero. Raises `UsageError`."""
    found = _duration(text, subject)
    if found is None:
        raise UnreadableTimeError(f"{_takes(subject)} {DURATIONS}.")
    return found


def written(length: timedelta) -> str:
    """Returns a text that `duration` reads as this length, a whole number of minutes."""
    for name in ("d", "h", "m", "w", "mo", "y"):
        number, rest = divmod(length, _UNITS[name])
        if not rest and number < MOST:
            return f"{number}{name}"
    raise ValueError("no duration that can be written")


def count(text: str, unit: timedelta, subject: str | None = None, *, least: int = 1) -> int:
    """Returns how many minutes or days a number, or a duration, is. Raises `UsageError`."""
    is_number = _NUMBER.fullmatch(text.strip())
    try:
        found = int(text) * unit if is_number else duration(text, subject)
    except UnreadableTimeError:
        found = INSTANT
    if found % unit or found < least * unit:
        name, example = _COUNTED[unit]
        raise UsageError(f"{_takes(subject)} a whole number of {name}, such as {example}.")
    return found // unit


def ago(text: str, now: datetime, subject: str | None = None) -> datetime:
    """Returns a moment: a duration ago, the start of a date, the last such time of day.

    One that is written out may be to come. Raises `UsageError`.
    """
    try:
        if (found := _duration(text, subject)) is not None:
            return now - found
        if (at := _time_of_day(text, now)) is not None:
            return at if at <= now else at - DAY
        return _period(text)[0]
    except (ValueError, OverflowError):
        raise UnreadableTimeError(f"{_takes(subject)} {TIMES}.") from None


def ahead(
    text: str, now: datetime, subject: str | None = None, *, unit: timedelta | None = None
) -> datetime:
    """Returns a moment to come: a duration from now, a date's end, the next such time of day.

    A number alone counts in `unit`, if there is one. Raises `UsageError`, also for the past.
    """
    try:
        if unit is not None and _NUMBER.fullmatch(text.strip()):
            return now + _not_zero(int(text), subject) * unit
        if (found := _duration(text, subject)) is not None:
            return now + found
        if (at := _time_of_day(text, now)) is not None:
            return at if at > now else at + DAY
        start, end = _period(text)
    except (ValueError, OverflowError):
        raise UnreadableTimeError(f"{_takes(subject)} {TIMES}.") from None
    moment = end if end - start == DAY else start
    if moment <= now:
        if subject is None:
            raise UsageError("That is in the past: write a time in the future.")
        raise UsageError(f"{subject} is in the past.")
    return moment


def expiry(text: str | None, now: datetime, subject: str = "--expires") -> datetime | None:
    """Returns when something expires; None for `never`, and for no text. Raises `UsageError`."""
    if text is None or text.strip().lower() == "never":
        return None
    try:
        return ahead(text, now, subject)
    except UnreadableTimeError:
        raise UnreadableTimeError(f"{subject} takes never, {TIMES}.") from None


def period(text: str, subject: str | None = None) -> tuple[datetime, datetime]:
    """Returns the start and the end of a date, or of an instant. Raises `UsageError`.

    The end is not within.
    """
    try:
        return _period(text)
    except (ValueError, OverflowError):
        sentence = f"{_takes(subject)} a date or a time: 2026-01-31, 2026-01-31T06:00Z."
        raise UnreadableTimeError(sentence) from None


def is_begun(text: str) -> bool:
    """Returns true for the beginning of one of the forms that is none yet."""
    return _BEGUN.fullmatch(text) is not None


def _takes(subject: str | None) -> str:
    return "Write" if subject is None else f"{subject} takes"


def _duration(text: str, subject: str | None) -> timedelta | None:
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        return None
    return _not_zero(int(match[1]), subject) * _UNITS[match[match.lastindex or 0]]


def _not_zero(number: int, subject: str | None) -> int:
    if not number:
        raise UsageError(f"{_takes(subject)} at least 1m, such as 30m.")
    return number


def _time_of_day(text: str, now: datetime) -> datetime | None:
    """Returns the moment of that time on the day that it is now, in UTC."""
    match = _TIME_OF_DAY.fullmatch(text.strip())
    if match is None:
        return None
    today = now.astimezone(UTC).date()
    return datetime.combine(today, time(int(match[1]), int(match[2])), UTC)


def _period(text: str) -> tuple[datetime, datetime]:
    """Returns as `period` does; raises `ValueError` and `OverflowError`."""
    text = text.strip().upper()
    if _DATE.fullmatch(text):
        day = date.fromisoformat("-".join(part.zfill(2) for part in text.split("-")))
        start = datetime.combine(day, time(), UTC)
        return start, start + DAY
    moment = datetime.fromisoformat(text)
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return moment, moment + INSTANT
