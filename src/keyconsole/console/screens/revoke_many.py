"""Revoke many keys: exactly which, a count typed by hand, progress, and a line a key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical

from keyconsole.console import files, question, tally, workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, ConfirmInput, form_row
from keyconsole.console.widgets.reason import given_reason, reason_rows
from keyconsole.console.widgets.selected_keys import SelectedKeys
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import ConflictError, KeyconsoleError, UsageError
from keyconsole.core.shortcuts import key_of
from keyconsole.flows.bulk_revocation import (
    Ended,
    LockedOut,
    Looking,
    NotKnown,
    Running,
    Sending,
    Shown,
)
from keyconsole.flows.revocation import NotConfirmedError
from keyconsole.text.bulk import receipt_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.flows.bulk_revocation import State
    from keyconsole.wire import RevocationRequest, RevokedKey

POLL_SECONDS = 0.3
RETRY_SECONDS = 2.0
MARGINS = 8
"""Cells beside a line of text."""


class RevokeManyScreen(ConsoleScreen):
    """Holds what it was asked for; what is shown is what dies, or nothing does.

    `request` says which keys. Dismisses with what became of them, or with nothing.
    """

    SCOPES = (Scope.REVOKE_MANY,)
    POLLS: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, request: RevocationRequest, *, reason: str = "unspecified") -> None:
        super().__init__()
        self.request, self.reason = request, reason
        self.state: State = Looking(request)
        self.listing = SelectedKeys(lambda: self.outcomes, lambda: self.console_app.clock())

    def path(self) -> Sequence[str]:
        return ["OAuth", "Revoke many keys"]

    def body(self) -> Sequence[Widget]:
        return [
            Static("", id="many-title"),
            self.listing,
            Vertical(
                *reason_rows(),
                form_row(
                    "Confirm",
                    ConfirmInput(id="confirm"),
                    Static("", id="confirm-how"),
                ),
                id="many-form",
            ),
            Horizontal(
                Chip("esc", "keep them", "cancel", id="keep"),
                Chip(key_of("copy"), "copy receipt", "copy_receipt", id="do-copy"),
                Chip(key_of("save"), "save as JSON", "save_receipt", id="do-save"),
                Chip("◌", "revoke", "confirm", tone="red", id="do-revoke"),
                Chip("◌", "revoke all the same", "second_key", tone="red", id="do-all-the-same"),
                id="many-end",
            ),
        ]

    def on_mount(self) -> None:
        self.query_one("#reason", Choice).choose(self.reason)
        self._look()

    def _arm(self) -> None:
        super()._arm()
        self.redraw()

    # Actions of the person

    @property
    def outcomes(self) -> Mapping[str, RevokedKey]:
        """The lines of the keys, as far as they are known."""
        return self.state.outcomes if isinstance(self.state, Ended) else {}

    @property
    def typed(self) -> str:
        """Returns the typed number of keys."""
        return self.query_one("#confirm", ConfirmInput).value

    @property
    def _may_look(self) -> bool:
        is_shown = isinstance(self.state, Shown | LockedOut)
        return is_shown or (isinstance(self.state, Looking) and self.state.failed)

    def is_enabled(self, action: str) -> bool:
        match action:
            case "confirm" | "app.focus_next":
                return isinstance(self.state, Shown) and bool(self.state.selection.count)
            case "second_key":
                return isinstance(self.state, LockedOut)
            case "look_again":
                return self._may_look
            case "save_receipt" | "copy_receipt":
                return isinstance(self.state, Ended)
        return True

    def label_of(self, action: str) -> str | None:
        if action != "cancel":
            return None
        if isinstance(self.state, Ended):
            return "close"
        return "leave, it goes on" if isinstance(self.state, Running | NotKnown) else None

    def on_input_changed(self) -> None:
        self.redraw()

    def on_paste_refused(self) -> None:
        self.say(("Type it by hand: a paste does not confirm.", "amber"))

    def action_cancel(self) -> None:
        if isinstance(self.state, Sending):
            self.say(("It is on its way: wait for the answer.", "amber"))
        else:
            state = self.state
            self.dismiss(state.revocation if isinstance(state, Running | Ended) else None)

    def action_look_again(self) -> None:
        if self._may_look:
            self._look()

    def action_confirm(self) -> None:
        if isinstance(self.state, Shown) and self.is_enabled("confirm") and self.armed:
            self._confirm(self.state)

    def action_second_key(self) -> None:
        """`R`, once it was said that an integration would be locked out."""
        if isinstance(self.state, LockedOut) and self.armed:
            self._begin(self.state.all_the_same)

    def _confirm(self, shown: Shown) -> None:
        try:
            step = shown.because(*given_reason(self)).confirm(self.typed)
        except UsageError as error:
            self.say((error.message, "red"))
            return
        except NotConfirmedError as error:
            self.say((error.message, "amber"))
            return
        if isinstance(step, Sending):
            self._begin(step)
            return
        self._go_to(step)
        self.listing.rows.focus()
        self.settle()

    def _begin(self, sending: Sending) -> None:
        self._go_to(sending)
        self.write(self._send)

    # Answers of the service

    def _look(self) -> None:
        """Ask, perhaps again: a number that was typed for others is none for these."""
        self.query_one("#confirm", ConfirmInput).value = ""
        looking = Looking(self.request)
        self._go_to(looking)
        workers.start(self, partial(self._show, looking), "look", exclusive=True)

    async def _show(self, looking: Looking) -> None:
        """Ask which keys it would be."""
        with self.console_app.asking():
            shown = await self.ask(lambda: looking.look(self.client))
        keys = shown.selection.keys if shown else []
        self.listing.rows.put(keys)
        if shown is not None and not keys:
            self.listing.say_empty(*tally.nothing(shown.selection))
        self._go_to(shown or Looking(self.request, failed=True))
        self.query_one("#confirm").focus()
        self.settle()

    async def _send(self) -> None:
        """Begin. Without a clear answer the same request goes again: it is the same revocation."""
        sending = self.state
        if not isinstance(sending, Sending | NotKnown):
            return
        try:
            answer = await sending.send(self.client)
        except ConflictError as error:
            self._go_to(sending.shown)
            self.say((f"✕ {error.message} ", "red"), ("^r", "brass bold"), (" shows them.", "dim"))
        except KeyconsoleError as error:
            self._go_to(sending.shown)
            self.say((f"✕ Nothing was revoked: {error.message}", "red"))
        else:
            if isinstance(answer, NotKnown):
                self._go_to(answer)
                self.console_app.send_again(answer.outcome, self._send)
                return
            self.console_app.answered()
            self._go_to(answer)
            self._follow()

    def _follow(self) -> None:
        if self.is_mounted:
            workers.start(self, self._progress, "progress", exclusive=True)

    async def _progress(self) -> None:
        """Ask how far it is, until nothing is left; then for the proof and the line of each key."""
        running = self.state
        if not isinstance(running, Running):
            return
        found = await self.ask(lambda: running.follow(self.client))
        if isinstance(found, Ended):
            self._go_to(found)
            self._collect_on()
            return
        self.state = found or running
        self.set_timer(POLL_SECONDS if found else RETRY_SECONDS, self._follow)
        self.redraw()

    def _collect_on(self) -> None:
        if self.is_mounted:
            workers.start(self, self._collect, "progress", exclusive=True)

    async def _collect(self) -> None:
        """Fetches the proof and the line of every key, until they are answered."""
        ended = self.state
        if not isinstance(ended, Ended):
            return
        if not ended.is_proved:
            self.state = ended = await self.ask(partial(ended.prove, self.client)) or ended
            self.redraw()
        while not ended.is_whole:
            more = await self.ask(partial(ended.read_on, self.client))
            if more is None or len(more.outcomes) == len(ended.outcomes):
                break
            self.state = ended = more
            self.listing.rows.refresh()
        if not (ended.is_proved and ended.is_whole):
            self.set_timer(RETRY_SECONDS, self._collect_on)

    # The receipt

    def action_save_receipt(self) -> None:
        ended = self.state
        if not isinstance(ended, Ended):
            return
        if not ended.is_whole:
            self.say(("The lines of the keys are still coming: a moment.", "amber"))
            return
        self.say(*files.save_document(f"revoked-{ended.revocation.id}.json", ended.document()))

    def action_copy_receipt(self) -> None:
        if isinstance(self.state, Ended):
            workers.start(self, partial(self._copy, self.state), "copy")

    async def _copy(self, ended: Ended) -> None:
        outcome = await self.console_app.copy_text(receipt_text(ended.revocation, ended.proof))
        self.say((f"{outcome.glyph} Receipt: ", outcome.role), (outcome.sentence, "dim"))

    # Drawing

    def _go_to(self, state: State) -> None:
        self.state = state
        if self.is_mounted:
            self.say()
            self.redraw()
            if isinstance(state, Ended):
                self.listing.rows.focus()

    def _how_to_confirm(self) -> Content:
        if not isinstance(self.state, Shown):
            return draw()
        found = self.state.selection
        if found.count == 1:
            return question.how_to_confirm(found.keys[0], self.app.size.width - MARGINS)
        return draw(("type ", "dim"), (str(found.count), "ink bold"))

    def redraw(self) -> None:
        if not self.is_mounted:
            return
        self.fill("#many-title", tally.title(self.state, self.app.size.width - MARGINS))
        asks = self.is_enabled("confirm")
        self.query_one("#many-form").display = asks
        self.query_one("#do-revoke").display = asks
        for name in ("#do-copy", "#do-save"):
            self.query_one(name).display = isinstance(self.state, Ended)
        self.fill("#confirm-how", self._how_to_confirm())
        all_the_same = self.query_one("#do-all-the-same", Chip)
        all_the_same.display = isinstance(self.state, LockedOut)
        all_the_same.rename("R" if self.is_readable else "◌", "revoke all the same")
        chip = self.query_one("#do-revoke", Chip)
        chip.rename("↵" if self.is_readable else "◌", "revoke")
        is_typed = isinstance(self.state, Shown) and self.state.is_typed(self.typed)
        chip.turn_off("" if is_typed else "type it first")
        self.query_one("#keep", Chip).rename("esc", self.label_of("cancel") or "keep them")
        self.listing.rows.refresh()
        self.update_frame()
