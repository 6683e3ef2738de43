"""Disable a key while it is not sure whether it must die, for a time or until it is enabled."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical

from keyconsole.console import question, workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.change_dialog import ChangeDialog
from keyconsole.console.screens.framed import LOW, SHORT
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets.blast import SOURCES, blast_radius
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, form_row
from keyconsole.console.widgets.reason import given_reason, reason_rows
from keyconsole.console.widgets.static import Static
from keyconsole.core import disablement
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from textual.widget import Widget

    from keyconsole.flows.unknown_outcome import Unknown
    from keyconsole.wire import DisableRequest, Key, Usage

AS_SET = "set"
"""The choice of the moment that is set already."""
LENGTHS = (
    ("", "until enabled"),
    ("1", "1 hour"),
    ("8", "8 hours"),
    ("24", "24 hours"),
    ("168", "7 days"),
)
ENDS = (("revoke", "it is revoked"), ("enable", "it works again"))


class QuarantineDialog(ChangeDialog):
    """Holds the key that it was opened with. Dismisses with the key as it is then, or nothing.

    Disabling is at once and can be taken back, so a deliberate key is enough; what was typed
    before the question could be read is none.
    """

    SCOPES = (Scope.QUARANTINE,)
    CRUMB = "Disable"
    SAYS = "quarantine-says"
    TONE = "amber"
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, key: Key, *, reason: str = "unspecified") -> None:
        super().__init__()
        self.key, self.reason = key, reason
        self.usage: Usage | None = None
        self.usage_failed = ""

    @property
    def is_disabled(self) -> bool:
        """True if the key is in quarantine already."""
        return self.key.status == "disabled"

    def box(self) -> Sequence[Widget]:
        return [
            Static("", id="quarantine-title"),
            Static("", id="quarantine-card"),
            Static("", id="blast"),
            Vertical(
                form_row("For", Choice(LENGTHS, id="length")),
                form_row("Then", Choice(ENDS, id="then"), id="then-row"),
                *reason_rows(),
                id="quarantine-form",
            ),
            Static("", id="ends-says"),
            Static("", id="quarantine-says"),
            Horizontal(
                Chip("esc", "leave it", "cancel", id="keep"),
                Chip("O", "enable", "enable", id="do-enable"),
                Chip("◌", "disable", "disable", tone="amber", id="do-disable"),
                id="dialog-end",
            ),
        ]

    def on_mount(self) -> None:
        self.query_one("#reason", Choice).choose(self.reason)
        self._choose_what_is_set()
        self.query_one("#length").focus()
        self.redraw()
        self.settle()
        workers.start(self, self._load_usage, "usage", exclusive=True)

    def _arm(self) -> None:
        super()._arm()
        self._draw_end()

    async def _load_usage(self) -> None:
        try:
            self.usage = await self.client.usage(self.key.public_key)
        except KeyconsoleError as error:
            self.console_app.failed(error)
            self.usage_failed = error.message
        self.redraw()

    def is_enabled(self, action: str) -> bool:
        return not (action == "enable" and not self.is_disabled) and not (
            self.sending and action in ("enable", "disable")
        )

    def label_of(self, action: str) -> str | None:
        return "change it" if action == "disable" and self.is_disabled else None

    # Actions of the person

    def on_choice_changed(self) -> None:
        self.redraw()

    def action_cancel(self) -> None:
        if self.sending:
            self._says(("It is on its way: wait for the answer.", "amber"))
        else:
            self.dismiss(None)

    def action_disable(self) -> None:
        try:
            request = self._request()
        except UsageError as error:
            self._says((error.message, "red"))
        else:
            self._send(partial(self.client.disable_key, self.key.public_key, request))

    def action_enable(self) -> None:
        if self.is_disabled:
            self._send(partial(self.client.enable_key, self.key.public_key))

    def _choose_what_is_set(self) -> None:
        """Choose what the key has, so that nothing changes that nobody changes."""
        if self.key.disabled_until is None:
            return
        length = self.query_one("#length", Choice)
        length.options = [(AS_SET, "as it is set"), *LENGTHS]
        length.index = 0
        if self.key.disabled_then is not None:
            self.query_one("#then", Choice).choose(self.key.disabled_then)

    def _until(self) -> datetime | None:
        """The moment that is chosen, if there is one."""
        chosen = self.query_one("#length", Choice).value
        if chosen == AS_SET:
            return self.key.disabled_until
        return self.console_app.clock() + timedelta(hours=int(chosen)) if chosen else None

    def _request(self) -> DisableRequest:
        from keyconsole.wire import DisableRequest, FuseEnd

        until = self._until()
        reason, incident = given_reason(self)
        return DisableRequest(
            until=until,
            then=FuseEnd(self.query_one("#then", Choice).value) if until else None,
            reason=reason,
            incident=incident,
        )

    # Answers of the service

    def _send(self, change: Callable[[], Awaitable[Key]]) -> None:
        if self.armed and not self.sending:
            self._says(("One moment…", "dim"))
            self.change(change)
            self._draw_end()

    async def _change(self, change: Callable[[], Awaitable[Key]]) -> None:
        await super()._change(change)
        if self in self.app.screen_stack:
            self._draw_end()

    def not_known(self, outcome: Unknown) -> None:
        self.console_app.unanswered(outcome.error)
        self._says(
            ("It may or may not have been done: ", "amber bold"),
            (f"{outcome.why} Press the key again to be sure.", "dim"),
        )

    def wrong(self, sentence: str) -> None:
        super().wrong(f"Nothing changed: {sentence}")

    # Drawing

    def redraw(self) -> None:
        if not self.is_mounted:
            return
        at, room = self.console_app.clock(), self.room
        self.fill("#quarantine-title", draw(*self._title(room)))
        self.fill("#quarantine-card", question.card(self.key, self.usage, at, room))
        height = self.app.size.height
        most = 1 if height < LOW else SOURCES - 1 if height < SHORT else SOURCES
        blast = blast_radius(
            self.usage, self.usage_failed, at, room, allowed=self.key.allowed_ips, most=most
        )
        self.fill("#blast", blast)
        until = self._until()
        self.query_one("#then-row").display = until is not None
        says = self.query_one("#ends-says", Static)
        says.display = until is None or height >= LOW
        says.update(draw(*self._ends_says(until)))
        self.update_frame()
        self._draw_end()

    def _title(self, room: int) -> list[Run]:
        if not self.is_disabled:
            ends = "It gets 401 at once." if room < question.WIDE else "It is refused at once."
            back = "" if room < question.WIDE else " You can let it work again."
            return [("Disable this key?", "amber bold"), (f"  {ends}{back}", "ink")]
        key, at = self.key, self.console_app.clock()
        title: Run = ("This key is disabled.", "amber bold")
        if room >= question.WIDE:
            words = disablement.described(
                key.disabled_at, key.disabled_until, key.disabled_then, at
            ).removeprefix("disabled ")
            return [title, (f"  {words[:1].upper()}{words[1:]}.", "ink")]
        if key.disabled_until is None:
            return [title]
        left = times.until(key.disabled_until, at)
        return [title, (f"  It {disablement.follows(key.disabled_then)} {left}.", "ink")]

    def _ends_says(self, until: datetime | None) -> list[Run]:
        if until is None:
            return [("Disabled until somebody enables or revokes it.", "dim")]
        at = times.exact(until)
        dies = self.query_one("#then", Choice).value == "revoke"
        end: Run = ("revoked for ever.", "red") if dies else ("enabled again.", "amber")
        return [(f"Left alone, at {at} it is ", "dim"), end]

    def _draw_end(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#do-enable").display = self.is_disabled
        chip = self.query_one("#do-disable", Chip)
        chip.rename("D" if self.is_readable else "◌", self.label_of("disable") or "disable")
        chip.turn_off("sending" if self.sending else "")
        self.update_frame()
