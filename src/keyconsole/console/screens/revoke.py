"""Revoke: what breaks, a confirmation that cannot happen by accident, and a receipt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Horizontal, Vertical

from keyconsole.console import question, workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.screens.framed import LOW
from keyconsole.console.widgets.blast import SOURCES, blast_radius
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, ConfirmInput, form_row
from keyconsole.console.widgets.reason import given_reason, reason_rows
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.flows.revocation import Asking, LockedOut, NotConfirmedError, NotKnown, Sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Key, Receipt

REFRESH_SECONDS = 2.0
PATIENCE_SECONDS = 1.0


class RevokeDialog(DialogScreen):
    """Holds the key that it was opened with; a refresh below it changes nothing.

    In use, in a danger profile, or as long as its use is not known, the label has to be typed;
    otherwise `R` is the deliberate second key, and what locks an integration out is asked once
    more. Keys that were typed before the question could be read, and pastes, confirm nothing.
    `sends` makes the request; that of a rotation ends it. Dismisses with the receipt, or nothing.
    """

    SCOPES = (Scope.REVOKE,)
    CRUMB = "Revoke"
    SAYS = "revoke-says"
    TONE = "red"
    POLLS = False  # it asks what the key is used for, and oftener
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(
        self, key: Key, *, reason: str = "unspecified", sends: type[Sending] = Sending
    ) -> None:
        super().__init__()
        self.key, self.reason, self.sends = key, reason, sends
        self.asking = Asking(key)
        self.locked_out: LockedOut | None = None
        self.sending: Sending | NotKnown | None = None

    def box(self) -> Sequence[Widget]:
        return [
            Static("", id="revoke-title"),
            Static("", id="revoke-card"),
            Static("", id="blast"),
            Vertical(
                *reason_rows(),
                form_row(
                    "Confirm",
                    ConfirmInput(id="confirm"),
                    Static("", id="confirm-how"),
                    id="confirm-row",
                ),
                id="revoke-form",
            ),
            Static("", id="revoke-says"),
            Horizontal(
                Chip("esc", "keep it", "keep", id="keep"),
                # No frame may offer the key before it is an answer, not even the first one.
                Chip("◌", "revoke", "second_key", tone="red", id="do-revoke"),
                id="dialog-end",
            ),
        ]

    def on_mount(self) -> None:
        self.asking = replace(self.asking, danger=self.console_app.danger)
        self.query_one("#reason", Choice).choose(self.reason)
        self.redraw()
        self._focus_confirmation()
        self.settle()
        self.set_interval(REFRESH_SECONDS, self._refresh_usage)
        self.set_timer(PATIENCE_SECONDS, self._give_up_waiting)
        self._refresh_usage()

    def _give_up_waiting(self) -> None:
        self._know(is_late=True)

    def _arm(self) -> None:
        super()._arm()
        self._draw_end()

    def _refresh_usage(self) -> None:
        if not self.sending:
            workers.start(self, self._load_usage, "usage", unless_running=True)

    async def _load_usage(self) -> None:
        try:
            known = await self.asking.look_up(self.client)
        except KeyconsoleError as error:
            self.console_app.failed(error)
            self._know(failed=error.message)
        else:
            self._know(usage=known.usage, successor=known.successor, failed="")

    def _know(self, **learnt: Any) -> None:
        """Take in what is known now; where that changes the question, move the cursor."""
        before = self._question
        self.asking = replace(self.asking, **learnt)
        self.redraw()
        if self._question != before:
            self._focus_confirmation()

    @property
    def _question(self) -> tuple[bool, bool]:
        return self.asking.is_decided, self.needs_typing

    @property
    def needs_typing(self) -> bool:
        """True if the label has to be typed."""
        return not self.is_asked_again and self.asking.needs_typing(self.console_app.clock())

    @property
    def is_asked_again(self) -> bool:
        """True once the lockout question is shown."""
        return self.locked_out is not None

    @property
    def is_unknown(self) -> bool:
        """True if no clear answer came, so that the key may be revoked."""
        return isinstance(self.sending, NotKnown)

    # Actions of the person

    def _focus_confirmation(self) -> None:
        target = "#confirm" if self._question == (True, True) else "#keep"
        focused = self.focused
        if focused is None or focused.id in ("keep", "confirm"):
            # At once: by the next frame the key that it offers must go where it is understood.
            self.set_focus(self.query_one(target))

    def on_input_changed(self) -> None:
        self.asking = replace(self.asking, typed=self.query_one("#confirm", ConfirmInput).value)
        self._draw_end()

    def on_paste_refused(self) -> None:
        self._says(("Type it by hand: a paste does not confirm.", "amber"))

    def action_second_key(self) -> None:
        """`R`, where nothing has to be typed; where it has, pressing the chip says so."""
        if not self.asking.is_decided:
            return
        if self.needs_typing and not self.asking.is_typed:
            self._says((self.asking.what_to_type, "amber"))
        elif self.armed:
            self._start()

    def action_confirm(self) -> None:
        if self.needs_typing and self.armed:
            self._start()

    def action_keep(self) -> None:
        """The chip under the cursor: an Enter that was typed ahead does not close the question."""
        if self.armed:
            self.action_cancel()

    def action_cancel(self) -> None:
        if self.sending and not self.is_unknown:
            self._says(("It is being revoked: the answer is on its way.", "amber"))
        else:
            self.dismiss(None)

    def is_enabled(self, action: str) -> bool:
        if action == "confirm":
            return self._question == (True, True) and not self.sending
        if action == "app.focus_next":
            return not self.is_asked_again
        return action != "second_key" or not (self.needs_typing or self.sending)

    def label_of(self, action: str) -> str | None:
        if action == "second_key" and self.is_asked_again:
            return "revoke it all the same"
        return "leave, it goes on" if action == "cancel" and self.is_unknown else None

    # Answers of the service

    def _start(self) -> None:
        from keyconsole.wire import RevokeRequest

        if self.sending:
            return
        try:
            reason, incident = given_reason(self)
        except UsageError as error:
            self._says((error.message, "red"))
            return
        if self.locked_out is not None:
            self._begin(self.locked_out.all_the_same)
            return
        request = RevokeRequest(reason=reason, incident=incident)
        try:
            step = self.asking.confirm(
                self.sends(self.key.public_key, request), self.console_app.clock()
            )
        except NotConfirmedError as error:
            self._says((error.message, "amber"))
            return
        if isinstance(step, LockedOut):
            self._ask_again(step)
        else:
            self._begin(step)

    def _ask_again(self, locked_out: LockedOut) -> None:
        """Once more, and what was typed ahead is no answer to it."""
        self.locked_out = locked_out
        self.query_one("#revoke-form").display = False
        self._says((f"{locked_out.sentence}\n", "red bold"), ("Revoke it all the same?", "ink"))
        self.set_focus(self.query_one("#keep"))
        self.settle()
        self.redraw()

    def _begin(self, sending: Sending) -> None:
        self.sending = sending
        self._says(("Revoking…", "dim"))
        self._draw_end()
        self.console_app.run_change(self._send)

    async def _send(self) -> None:
        """Revoke, or find out whether it was: never "failed" unless the service refused."""
        if self.sending is None:
            return
        try:
            answer = await self.sending.send(self.client)
        except KeyconsoleError as error:
            self._refused(error)
            return
        if not isinstance(answer, NotKnown):
            self.console_app.answered()
            self._show(answer)
            return
        self.sending = answer
        self._says(
            (answer.outcome.heading, "amber bold"),
            (answer.outcome.explain("The same request is sent again, here or not."), "dim"),
        )
        self._draw_end()
        self.console_app.send_again(answer.outcome, self._send)

    def _refused(self, error: KeyconsoleError) -> None:
        self.sending = None
        self._says((f"✕ Not revoked: {error.message}", "red"))
        self._draw_end()
        self.console_app.unanswered(error)

    def _show(self, receipt: Receipt) -> None:
        """The receipt, over the question; over whatever else, where that was left meanwhile."""

        def closed(_: Any) -> None:
            if self in self.app.screen_stack:
                self.dismiss(receipt)

        self.router.receipt(receipt, self.key, closed)

    # Drawing

    def redraw(self) -> None:
        at, room = self.console_app.clock(), self.room
        self.fill("#revoke-title", question.title(room))
        usage, failed = self.asking.usage, self.asking.failed
        self.fill(
            "#revoke-card",
            question.card(self.key, usage, at, room, lacks_successor=self.asking.lacks_successor),
        )
        most = 1 if self.app.size.height < LOW else SOURCES
        blast = blast_radius(usage, failed, at, room, allowed=self.key.allowed_ips, most=most)
        heir = question.succession(self.asking.successor, usage, at, room)
        self.fill("#blast", blast + heir)
        self.query_one("#confirm-row").display = self._question == (True, True)
        self.fill("#confirm-how", question.how_to_confirm(self.key, room))
        self.update_frame()
        self._draw_end()

    def _draw_end(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#keep", Chip).rename("esc", self.label_of("cancel") or "keep it")
        self.update_frame()
        chip = self.query_one("#do-revoke", Chip)
        key = "↵" if self.needs_typing else "R"
        counts = self.is_readable and self.asking.is_decided
        chip.rename(key if counts else "◌", self.label_of("second_key") or "revoke")
        if self.sending:
            chip.turn_off("sending")
        else:
            waits = self.needs_typing and not self.asking.is_typed
            chip.turn_off("type it first" if waits else "")
