"""The last day of something: one of a few choices, or one that is typed."""

from __future__ import annotations

from datetime import UTC, time, timedelta
from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console.context import context_of
from keyconsole.console.widgets.field import Choice, Field
from keyconsole.console.widgets.messages import ChoiceChanged, DigitTyped
from keyconsole.core import durations
from keyconsole.core.durations import UnreadableTimeError
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from textual import events
    from textual.widgets import Input

    from keyconsole.console.styled_text import Run

HINT = "2027-06-30 to its end, UTC; or 45 days, 12h, 3mo"
OTHER = "other"
DAYS = ("1", "7", "30", "90")
OPTIONS = (*((days, f"{days} day{'' if days == '1' else 's'}") for days in DAYS), (OTHER, "other"))

NEVER, DATE = "never", "date"
EXPIRIES = ((NEVER, "never"), ("30", "30 days"), ("90", "90 days"), ("365", "365 days"),
           (DATE, "a date"))  # fmt: skip


class DayChoice(Choice):
    """A choice in which a digit begins to type another day than those that are offered."""

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character in "0123456789":
            event.stop()
            self.post_message(DigitTyped(event.character))


class Deadline(Vertical):
    """A few days to choose from and, for any other, a field that takes a date or a number of days.

    Where it `is_only`, Enter sends the dialog.
    """

    def __init__(self, *, is_only: bool = False) -> None:
        self.choice = DayChoice(OPTIONS, id="deadline-days")
        self.field = Field("deadline", "A date, or how many days", advice=HINT, is_only=is_only)
        self.field.display = False
        self.is_only = is_only
        super().__init__(self.choice, self.field, id="deadline", classes="block")

    def on_mount(self) -> None:
        self._show_field()

    @property
    def typed(self) -> str:
        """The days that are chosen or typed."""
        return self.field.value.strip() if self.choice.value == OTHER else self.choice.value

    def moment(self, at: datetime) -> datetime:
        """Returns the deadline, counted from `at`. Raises `UsageError` if it is none."""
        return durations.ahead(self.typed, at, unit=durations.DAY)

    def choose(self, days: str) -> None:
        """Choose so many days, or `OTHER`; those that are not offered are typed."""
        if days in (*DAYS, OTHER):
            self.choice.choose(days)
        else:
            self.choice.choose(OTHER)
            self.field.input.value = days
        self._show_field()

    def _show_field(self) -> None:
        is_other = self.choice.value == OTHER
        self.field.display = is_other
        self.choice.entered = "screen.save" if self.is_only and not is_other else "app.focus_next"

    def on_choice_changed(self) -> None:
        self._show_field()

    def on_digit_typed(self, event: DigitTyped) -> None:
        event.stop()
        self.choice.choose(OTHER)
        self._show_field()
        self.field.input.value = event.digit
        self.field.input.focus()
        self.field.input.action_end()
        # Not by the choice: what a widget is given by its parent does not come back to that.
        self.post_message(ChoiceChanged(self.choice.id or ""))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            moment = durations.ahead(event.value, context_of(self).clock(), unit=durations.DAY)
        except UnreadableTimeError:
            self.field.says()
        except UsageError as error:
            self.field.wrong(error.message)
        else:
            end = moment.astimezone(UTC)
            if end.time() == time():
                says = f"through {end - durations.INSTANT:%-d %B %Y}, UTC"
            else:
                says = f"until {end:%-d %B %Y, %H:%M} UTC"
            self.field.says((says, "faint"))


class ExpiryChoice(Choice):
    """The choice; `field` is shown for a date, and beside it nothing needs to be said."""

    def __init__(self, *, is_only: bool = False) -> None:
        super().__init__(EXPIRIES, id="expiry")
        self.suggested: tuple[str, str] | None = None
        self.field = Field(
            "expires_at",
            "Expiry date",
            placeholder="year-month-day",
            hint=HINT,
            is_only=is_only,
        )

    def forbid_never(self) -> None:
        """Leaves `never` out, where a policy limits the age of keys."""
        self.options = [option for option in EXPIRIES if option[0] != NEVER]
        self.index = 0

    def suggest(self, days: int) -> None:
        """Chooses what the policy of the workspace says."""
        if str(days) in dict(self.options):
            self.choose(str(days))
        else:
            self.choose(DATE)
            self.field.input.value = f"{days} days"
        self.suggested = self.value, self.field.value

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
        is_suggested = self.suggested == (self.value, self.field.value)
        if self.value == DATE:
            return [("as the policy suggests", "faint")] if is_suggested else []
        moment = at + timedelta(days=int(self.value))
        why = ", as the policy suggests" if is_suggested else ""
        return [(f"stops working on {moment.astimezone():%-d %B %Y}{why}", "faint")]
