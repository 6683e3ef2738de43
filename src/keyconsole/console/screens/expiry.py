"""The dialog that shows the expiry of a key and changes it within policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.key_runs import expiry_runs
from keyconsole.console.screens.change_dialog import KeyDialog
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets.deadline import DATE, ExpiryChoice
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import (
    UsageError,
)
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Key


class ExpiryDialog(KeyDialog):
    """Changes when a key expires; says so if somebody else changed the key meanwhile.

    Saving again writes over that.
    """

    SCOPES = (Scope.FIELD,)
    CRUMB = "Expiry"
    FIELD = "expires_at"
    SAYS = "expiry-outcome"
    VERBS: ClassVar = {"cancel": "leave it"}

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.expiry = ExpiryChoice(is_only=True)

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("When does it expire?   ", "brass bold"), (self.key.label, "ink bold"))),
            Static("", id="expiry-now"),
            self.expiry,
            self.expiry.field,
            Static("", id="expiry-outcome"),
            self.end("save"),
        ]

    def on_mount(self) -> None:
        if self.key.rotate_by is not None:
            self.expiry.forbid_never()
        self.expiry.focus()
        self._draw()

    def on_choice_changed(self) -> None:
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
        self.fill("#expiry-now", draw(*runs, "\n"))
        self._says(*self.expiry.meaning(at))
        is_typed = self.expiry.value == DATE
        self.expiry.entered = "app.focus_next" if is_typed else "screen.save"

    def action_save(self) -> None:
        try:
            wanted = self.expiry.moment(self.console_app.clock())
        except UsageError as error:
            self.wrong(error.message)
            return
        self.change(
            lambda: self.client.change_expiry(self.key.public_key, wanted, version=self.version)
        )

    def changed_meanwhile(self, now: Key) -> str:
        self.key = now
        self._draw()
        return "see above"
