"""The one-time value on the page: masked, shown on one line for a minute, or why it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical

from keyconsole.console.context import context_of
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets.messages import SecretMasked
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

    from keyconsole.console.secret import OneTimeSecret

_PUBLIC = 21
_BESIDE = 9


class SecretValue(Vertical):
    """Its title, the value below it, and on the right how long it stays as it is.

    It draws the value and keeps no copy of it.
    """

    def __init__(self, secret: OneTimeSecret, title: str) -> None:
        super().__init__()
        self.secret, self.title = secret, title
        self.seconds_left = 0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="value-head"):
            yield Static(draw((self.title, "dim")), classes="field-title")
            yield Static("", id="masks")
        yield Static("", id="secret-value")

    @property
    def _reveal_seconds(self) -> int:
        return context_of(self).reveal_seconds

    @property
    def columns_needed(self) -> int:
        """The width that the terminal needs to show the value on one line."""
        return len(self.secret.masked) + _BESIDE

    @property
    def fits(self) -> bool:
        """True if the terminal is wide enough to show the value on one line."""
        return self.app.size.width >= self.columns_needed

    def show(self) -> None:
        """Show the value for a minute. It must fit."""
        self.secret.is_shown = True
        self.seconds_left = self._reveal_seconds
        if self._timer is None:
            self._timer = self.set_interval(1, self.tick)
        self.redraw()

    def mask(self) -> None:
        """Cover the value."""
        was_shown, self.secret.is_shown = self.secret.is_shown, False
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.redraw()
        if was_shown:
            self.post_message(SecretMasked())

    def tick(self) -> None:
        """One second less."""
        self.seconds_left -= 1
        if self.seconds_left <= 0:
            self.mask()
        else:
            self.redraw()

    def on_mount(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        """Draw it as it is now."""
        if not self.is_mounted:
            return
        runs, note = self._state()
        self.query_one("#secret-value", Static).update(draw(*runs))
        self.query_one("#masks", Static).update(draw((note, "faint")))

    def _state(self) -> tuple[list[Run], str]:
        public, rest = self.secret.masked[:_PUBLIC], self.secret.masked[_PUBLIC:]
        if self.secret.is_dropped:
            return [(public, "dim"), (" is gone from here.", "dim")], "dropped"
        if not self.secret.is_shown:
            wide = self.app.size.width >= self.columns_needed
            note = f"masked again {self._reveal_seconds} s after you show it" if wide else "masked"
            return [(public, "ink bold"), (rest, "brass")], note
        if not self.fits:
            return [(f"shown again once it fits: {self.columns_needed} columns", "amber")], "hidden"
        return [(self.secret.reveal() or "", "ink bold")], f"masked again in {self.seconds_left} s"
