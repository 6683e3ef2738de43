"""When a key is to stop working: never, in some days, or at the end of a day that is typed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.console.widgets.deadline import HINT
from keyconsole.console.widgets.field import Choice, Field
from keyconsole.core import durations

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.console.styled_text import Run

NEVER, DATE = "never", "date"
OPTIONS = ((NEVER, "never"), ("30", "30 days"), ("90", "90 days"), ("365", "365 days"),
           (DATE, "a date"))  # fmt: skip


class ExpiryChoice(Choice):
    """The choice; `field` is shown for a date, and beside it nothing needs to be said."""

    def __init__(self, *, is_only: bool = False) -> None:
        super().__init__(OPTIONS, id="expiry")
        self.field = Field(
            "expires_at",
            "Expiry date",
            placeholder="year-month-day",
            hint=HINT,
            is_only=is_only,
        )

    def forbid_never(self) -> None:
        """Leaves `never` out, where a policy limits the age of keys."""
        self.options = [option for option in OPTIONS if option[0] != NEVER]
        self.index = 0

    def moment(self, at: datetime) -> datetime | None:
        """Returns the chosen expiry, seen from `at`; `UsageError` if no future date is typed."""
        if self.value == NEVER:
            return None
        if self.value != DATE:
            return at + timedelta(days=int(self.value))
        return durations.ahead(self.field.value, at, unit=durations.DAY)

    def meaning(self, at: datetime) -> list[Run]:
        """Returns what the choice means, and shows the field for a date."""
        self.field.display = self.value == DATE
        if self.value == NEVER:
            return [("works until it is revoked", "faint")]
        if self.value == DATE:
            return []
        moment = at + timedelta(days=int(self.value))
        return [(f"stops working on {moment.astimezone():%-d %B %Y}", "faint")]
