"""When a key expires, as a person says it: `90d`, `2027-01-31`, `never`. Pure."""

import re
from datetime import UTC, datetime, timedelta

from keyconsole.core.errors import UsageError

_DAYS = re.compile(r"([1-9][0-9]{0,4})\s*d(?:ays?)?")
_WORDS = "is a number of days such as 90d, a date such as 2027-01-31, or never."


def parse(text: str | None, now: datetime, *, what: str = "--expires") -> datetime | None:
    """The moment; nothing for `never`. A date counts to its end, UTC. Raises `UsageError`."""
    if text is None or text.strip().lower() == "never":
        return None
    if match := _DAYS.fullmatch(text.strip().lower()):
        return now + timedelta(days=int(match[1]))
    try:
        date = datetime.strptime(f"{text.strip()}Z", "%Y-%m-%d%z")
        moment = date.astimezone(UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise UsageError(f"{what} {_WORDS}") from None
    if moment <= now:
        raise UsageError(f"{what} is in the past.")
    return moment
