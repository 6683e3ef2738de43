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
    seconds = (at - moment).total_seconds()
    if seconds < -86400:
        return day(moment, at)
    if seconds < 1:
        return "now"
    if seconds < 60:
        return f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds / 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds / 3600)} h ago"
    if seconds < 7 * 86400:
        days = int(seconds / 86400)
        return f"{days} day{'s' if days > 1 else ''} ago"
    return day(moment, at)


def span(length: timedelta) -> str:
    """A length of time in words, `2 s` or `3 days`; empty below a second."""
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return ""


def lately(moment: datetime | None, at: datetime) -> str:
    """The same within a sentence, where `now` would not do: `revoked just now by ops`."""
    words = ago(moment, at)
    return "just now" if words == "now" else words


def until(moment: datetime, at: datetime) -> str:
    """Returns how far ahead a moment is, rounded: `in 5 min`, `in 2 h`, `in 30 days`."""
    seconds = (moment - at).total_seconds()
    if seconds <= 0:
        return "now"
    if (minutes := max(1, round(seconds / 60))) < 60:
        return f"in {minutes} min"
    if (hours := round(seconds / 3600)) < 24:
        return f"in {hours} h"
    days = round(seconds / 86400)
    return f"in {days} day{'s' if days > 1 else ''}"


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
