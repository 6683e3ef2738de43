"""When a key stops working: seen, and changed within policy, never silently."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole.console import times
from keyconsole.console.actions import Scope
from keyconsole.console.screens.create_key import EXPIRIES
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets import deadline
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import durations
from keyconsole.core.errors import (
    KeyconsoleError,
    ProblemError,
    ServiceUnreachableError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.widget import Widget

    from keyconsole.wire import Key


class ExpiryDialog(DialogScreen):
    """Dismisses with the key as the service has it now, or with nothing.

    Where somebody else changed the key meanwhile, it says what they made of it, and saving again
    writes over that.
    """

    SCOPES = (Scope.FIELD,)
    CRUMB = "Expiry"

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.version = key.version
        self.sending = False

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

    def _says(self, *runs: Run) -> None:
        self.query_one("#expiry-outcome", Static).update(draw(*runs))

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
        if self.sending:
            return
        try:
            wanted = self._wanted()
        except UsageError as error:
            self._says((f"✕ {error.message}", "red"))
            return
        self.sending = True
        self.console_app.run_change(partial(self._send, wanted))

    async def _send(self, wanted: datetime | None) -> None:
        try:
            changed = await self.client.change_expiry(
                self.key.public_key, wanted, version=self.version
            )
        except ServiceUnreachableError as error:
            self.console_app.lost(error)
            self._says(("No answer: it may or may not be saved. ^s sends it again.", "red"))
        except ProblemError as error:
            await self._refused(error)
        except KeyconsoleError as error:
            self._says((f"✕ {error.message}", "red"))
        else:
            self.dismiss(changed)
        finally:
            self.sending = False

    async def _refused(self, error: ProblemError) -> None:
        if error.status != 412:
            self._says((f"✕ {error.field_message('expires_at') or error.message}", "red"))
            return
        try:
            self.key = await self.client.key(self.key.public_key)
        except KeyconsoleError as failure:
            self._says((f"✕ {failure.message}", "red"))
            return
        self.version = self.key.version
        self._draw()
        self._says(
            ("✕ Someone else changed it meanwhile: see above. ^s saves yours over it.", "red")
        )

    def action_cancel(self) -> None:
        self.dismiss(None)


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
