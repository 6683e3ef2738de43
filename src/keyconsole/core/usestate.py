"""The states of use of a key, defined once for the service, the console and the commands.

`now` is a use within the last minute, `recent` one within the last hour. A key that was used
before that is `quiet`, one that was never used is `never`. A last use that lies more than a day
`ahead` was written by a clock that was wrong: when the key was used is not known.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

NOW_SECONDS = 60
RECENT_SECONDS = 3600
AHEAD_SECONDS = 86400
NEW_SOURCE_SECONDS = 24 * 3600
"""The seconds for which a source counts as new after it was first seen."""


class UseState(StrEnum):
    """The time since a key was used, in classes."""

    NOW = "now"
    RECENT = "recent"
    AHEAD = "ahead"
    QUIET = "quiet"
    NEVER = "never"

    @property
    def is_used(self) -> bool:
        """True if somebody probably needs the key: it was used within the hour."""
        return self in (UseState.NOW, UseState.RECENT)


WORDS = {
    UseState.NOW: "in use now",
    UseState.RECENT: "in use within the hour",
    UseState.AHEAD: "last use in the future",
    UseState.QUIET: "quiet",
    UseState.NEVER: "never used",
}
"""The words for each state, in small letters."""


def use_state(last_used_at: datetime | None, at: datetime) -> UseState:
    """Returns how lately a key was used, seen from `at`; a use less than a day ahead is now."""
    if last_used_at is None:
        return UseState.NEVER
    since = at - last_used_at
    if since < -timedelta(seconds=AHEAD_SECONDS):
        return UseState.AHEAD
    if since < timedelta(seconds=NOW_SECONDS):
        return UseState.NOW
    return UseState.RECENT if since < timedelta(seconds=RECENT_SECONDS) else UseState.QUIET
