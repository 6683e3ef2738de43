"""Moments in words: near ones relative, far ones as dates."""

from datetime import UTC, datetime, timedelta

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


def ago(moment: datetime | None, at: datetime) -> str:
    """Returns how long ago a moment was, a date after a week; `never` for none.

    More than a day ahead it is a date too: a clock was wrong then, or is now.
    """
    if moment is None:
        return "never"
    passed = at - moment
    if not timedelta(days=-1) <= passed < timedelta(days=7):
        return day(moment, at)
    words = span(passed)
    return f"{words} ago" if words else "now"


_UNITS = ((86400, "day", 48 * 3600, 3600), (3600, "h", 100 * 60, 60), (60, "min", 100, 1))
"""A unit in seconds and its word; it is used from so many seconds on, or for exactly one of it,
rounded to the unit below."""


def span(length: timedelta) -> str:
    """Returns a length of time, rounded: `99 s`, `1 h`, `47 h`, `2 days`; empty below a second.

    The one place that puts lengths into words; what it says is off by less than a quarter.
    """
    seconds = length.total_seconds()
    if seconds < 1:
        return ""
    for size, unit, least, below in _UNITS:
        rounded = round(seconds / below) * below
        if rounded == size or rounded >= least:
            count = round(seconds / size)
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return f"{round(seconds)} s"


def lately(moment: datetime | None, at: datetime) -> str:
    """The same within a sentence, where `now` would not do: `revoked just now by ops`."""
    words = ago(moment, at)
    return "just now" if words == "now" else words


def until(moment: datetime, at: datetime) -> str:
    """Returns how far ahead a moment is, rounded: `in 5 min`, `in 2 h`, `in 30 days`."""
    words = span(moment - at)
    return f"in {words}" if words else "now"


def day(moment: datetime, at: datetime) -> str:
    """The date in the person's own time zone: `today`, `12 Mar`, `9 Jun 25`."""
    here, today = _local(moment), at.astimezone()
    if here.date() == today.date():
        return "today"
    if here.date() == (today - timedelta(days=1)).date():
        return "yesterday"
    return date(here, today)


def date(here: datetime, at: datetime) -> str:
    """The date in the time zone that it is in: `12 Mar`, `9 Jun 25`."""
    text = f"{here.day} {_MONTHS[here.month - 1]}"
    return text if here.year == at.year else f"{text} {here.year % 100:02d}"


def exact(moment: datetime) -> str:
    """The absolute moment, UTC, to the second."""
    return _utc(moment).strftime("%Y-%m-%d %H:%M:%S UTC")


def precise(moment: datetime) -> str:
    """The absolute moment, UTC, to the millisecond, for receipts."""
    return _utc(moment).strftime("%Y-%m-%d %H:%M:%S.") + (f"{moment.microsecond // 1000:03d} UTC")


TOLERABLE = timedelta(minutes=2)


def off(here: datetime, there: datetime) -> str:
    """Returns how far this machine's clock is from another, `1 h fast`; empty below `TOLERABLE`."""
    if abs(here - there) < TOLERABLE:
        return ""
    return f"{span(abs(here - there))} {'fast' if here > there else 'slow'}"


def _local(moment: datetime) -> datetime:
    """In the person's own time zone; as it is where that lies outside of all time."""
    try:
        return moment.astimezone()
    except OverflowError:
        return moment


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment
