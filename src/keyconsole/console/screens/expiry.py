"""When a key stops working: seen, and changed within policy, never silently."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole.console.actions import Scope
from keyconsole.console.screens.change_dialog import ChangeDialog
from keyconsole.console.screens.create_key import EXPIRIES
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets import deadline
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import durations
from keyconsole.core.errors import (
    KeyconsoleError,
    ProblemError,
    UsageError,
)
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.widget import Widget

    from keyconsole.wire import Key


class ExpiryDialog(ChangeDialog):
    """Changes when a key expires; says so if somebody else changed the key meanwhile.

    Saving again writes over that.
    """

    SCOPES = (Scope.FIELD,)
    CRUMB = "Expiry"
    FIELD = "expires_at"
    SAYS = "expiry-outcome"

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.version = key.version

    def box(self) -> Sequence[Widget]:
        return [
            Static(
                draw(("When does it expire?   ", "brass bold"), (self.key.label, "ink bold")),
                markup=False,
            ),
            Static("", id="expiry-now", markup=False),
            Choice(EXPIRIES, id="expiry"),
            Field(
                "expires_at",
                "Expiry date",
                placeholder="year-month-day",
                hint=deadline.HINT,
                is_only=True,
            ),
            Static("", id="expiry-outcome", markup=False),
            Horizontal(
                Chip("esc", "leave it", "cancel"),
                Chip("↵", "save", "save", primary=True),
                id="dialog-end",
            ),
        ]

    def label_of(self, action: str) -> str | None:
        return "leave it" if action == "cancel" else None

    def on_mount(self) -> None:
        if self.key.rotate_by is not None:
            choice = self.query_one("#expiry", Choice)
            choice.options = [option for option in EXPIRIES if option[0] != "never"]
            choice.index = 0
        self.query_one("#expiry", Choice).focus()
        self._draw()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        self._draw()

    def _draw(self) -> None:
        key, at = self.key, self.console_app.clock()
        runs: list[Run] = [("now: ", "dim"), *expiry_runs(key, at)]
        if key.rotate_by is not None:
            latest = times.day(key.rotate_by, at)
            words = f"\npolicy: at the latest {latest}"
            if key.rotate_by <= at:
                words = f"\npolicy: until {latest}, which has passed. The end can only come nearer."
            runs.append((words, "dim"))
        self.query_one("#expiry-now", Static).update(draw(*runs, "\n"))
        choice = self.query_one("#expiry", Choice)
        chosen = choice.value
        self.query_one("#field-expires_at").display = chosen == "date"
        choice.entered = "app.focus_next" if chosen == "date" else "screen.save"
        if chosen == "never":
            self._says(("works until it is revoked", "faint"))
        elif chosen == "date":
            self._says()
        else:
            moment = at + timedelta(days=int(chosen))
            self._says((f"stops working on {moment.astimezone():%-d %B %Y}", "faint"))

    def _wanted(self) -> datetime | None:
        """What is chosen; raises `ValueError` or `OverflowError` for no date of the future."""
        chosen = self.query_one("#expiry", Choice).value
        at = self.console_app.clock()
        if chosen == "never":
            return None
        if chosen != "date":
            return at + timedelta(days=int(chosen))
        return durations.ahead(
            self.query_one("#field-expires_at", Field).value, at, unit=durations.DAY
        )

    def action_save(self) -> None:
        try:
            wanted = self._wanted()
        except UsageError as error:
            self.wrong(error.message)
            return
        self.change(
            lambda: self.client.change_expiry(self.key.public_key, wanted, version=self.version)
        )

    async def refused(self, error: KeyconsoleError) -> None:
        if not isinstance(error, ProblemError) or error.status != 412:
            await super().refused(error)
            return
        try:
            self.key = await self.client.key(self.key.public_key)
        except KeyconsoleError as failure:
            self.wrong(failure.message)
            return
        self.version = self.key.version
        self._draw()
        self.wrong("Someone else changed it meanwhile: see above. ^s saves yours over it.")


def expiry_runs(key: Key, at: datetime) -> list[Run]:
    """When a key stops working: worded and coloured as that comes near."""
    if key.expires_at is None:
        return [("never expires", "ink")]
    if key.revoked_at is not None:  # it is dead already
        return [(times.exact(key.expires_at), "dim")]
    exact = (f"   {times.exact(key.expires_at)}", "dim")
    left = key.expires_at - at
    if left <= timedelta(0):
        return [(f"expired {times.lately(key.expires_at, at)}", "amber bold"), exact]
    words = f"expires {times.until(key.expires_at, at)}"
    if left < timedelta(days=3):
        return [(words, "amber bold"), exact]
    return [(words, "amber" if left < timedelta(days=14) else "ink"), exact]
