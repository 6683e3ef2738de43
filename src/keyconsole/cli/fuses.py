"""When a fuse has burnt down, as a person says it: `2h`, `7d`, `2027-01-31T06:00Z`. Pure."""

import re
from datetime import UTC, datetime, timedelta

from keyconsole.errors import UsageError

_SPAN = re.compile(r"([1-9][0-9]{0,4})\s*(m|min|h|d)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_WORDS = "--until is a span such as 30m, 2h or 7d, or a time such as 2027-01-31T06:00Z."


def parse(text: str | None, now: datetime | None = None) -> datetime | None:
    """The moment; nothing for nothing. A time without an offset is UTC. Raises `UsageError`."""
    if text is None:
        return None
    now = now or datetime.now(UTC)
    if match := _SPAN.fullmatch(text.strip().lower()):
        return now + timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(_WORDS) from None
    if moment <= now:
        raise UsageError("--until is in the past.")
    return moment
