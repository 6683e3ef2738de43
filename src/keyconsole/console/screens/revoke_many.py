"""Revoke many keys: exactly which, a count typed by hand, progress, and a line a key."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from keyconsole.client.retrying import leaves_open
from keyconsole.console import files, tally, workers
from keyconsole.console.actions import Scope
from keyconsole.console.bulk import BulkRevoke
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.unknown_outcome import why_unknown
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Choice, GuardedInput, TextInput, form_row
from keyconsole.console.widgets.selected_keys import SelectedKeys
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext
from keyconsole.core.errors import ConflictError, KeyconsoleError, ServiceUnreachableError
from keyconsole.text.reasons import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.wire import RevocationRequest

POLL_SECONDS = 0.3
RETRY_SECONDS = 2.0


class Stage(StrEnum):
    """How far it has come."""

    LOOKING = "looking"
    SHOWN = "shown"
    ONCE_MORE = "once_more"
    SENDING = "sending"
    UNKNOWN = "unknown"
    RUNNING = "running"
    DONE = "done"


class CountInput(GuardedInput):
    """Where the number of keys is typed; Enter is the question's."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.confirm", show=False)]


class RevokeManyScreen(ConsoleScreen):
    """Holds what it was asked for; what is shown is what dies, or nothing does.

    `request` says which keys. Dismisses with what became of them, or with nothing.
    """

    SCOPES = (Scope.REVOKE_MANY,)
    POLLS: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, request: RevocationRequest, *, reason: str = "unspecified") -> None:
        super().__init__()
        self.bulk, self.reason = BulkRevoke(request), reason
        self.stage = Stage.LOOKING
        self._why = ""
        self.listing = SelectedKeys(lambda: self.bulk.outcomes, lambda: self.console_app.clock())

    def path(self) -> Sequence[str]:
        return ["OAuth", "Revoke many keys"]

    def body(self) -> Sequence[Widget]:
        return [
            Static("", id="many-title", markup=False),
            self.listing,
            Vertical(
                form_row("Reason", Choice(tuple(WORDS.items()), id="reason")),
                form_row("Incident", TextInput(placeholder="INC-4211, or nothing", id="incident")),
                form_row(
                    "Confirm", CountInput(id="confirm"), Static("", id="confirm-how", markup=False)
                ),
                id="many-form",
            ),
            Horizontal(
                Chip("esc", "keep them", "cancel", id="keep"),
                Chip("c", "copy receipt", "copy_receipt", id="do-copy"),
                Chip("s", "save as JSON", "save_receipt", id="do-save"),
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
        self._draw()

    # What the person does

    @property
    def is_confirmed(self) -> bool:
        """Whether the number was typed."""
        typed = self.query_one("#confirm", GuardedInput).value.strip().replace(",", "")
        return bool(self.bulk.count) and typed == str(self.bulk.count)

    def is_enabled(self, action: str) -> bool:
        match action:
            case "confirm" | "app.focus_next":
                return self.stage is Stage.SHOWN and bool(self.bulk.count)
            case "second_key":
                return self.stage is Stage.ONCE_MORE
            case "look_again":
                return self.stage in (Stage.SHOWN, Stage.ONCE_MORE)
            case "save_receipt" | "copy_receipt":
                return self.stage is Stage.DONE
        return True

    def label_of(self, action: str) -> str | None:
        if action != "cancel":
            return None
        if self.stage is Stage.DONE:
            return "close"
        return "leave, it goes on" if self.stage in (Stage.RUNNING, Stage.UNKNOWN) else None

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._draw()

    def on_guarded_input_refused(self, event: GuardedInput.Refused) -> None:
        event.stop()
        self.say(("Type the number by hand: a paste does not confirm.", "amber"))

    def action_cancel(self) -> None:
        if self.stage is Stage.SENDING:
            self.say(("It is on its way: wait for the answer.", "amber"))
        else:
            self.dismiss(self.bulk.revocation)

    def action_look_again(self) -> None:
        if self.is_enabled("look_again"):
            self._look()

    def action_confirm(self) -> None:
        if self.is_enabled("confirm") and self.armed:
            if self.is_confirmed:
                self._start()
            else:
                self.say((f"Type {self.bulk.count} to revoke all of them.", "amber"))

    def action_second_key(self) -> None:
        """`R`, once it was said that an integration would be locked out."""
        if self.is_enabled("second_key") and self.armed:
            self.bulk.is_asked_again = True
            self._start()

    def _start(self) -> None:
        from keyconsole.wire import RevokeReason

        incident = self.query_one("#incident", TextInput).value.strip()
        if incident and (problem := safetext.name_problem(incident, "An incident")):
            self.say((problem.message, "red"))
            return
        if self.bulk.lockout:
            self._go_to(Stage.ONCE_MORE)
            self.listing.rows.focus()
            self.settle()
            return
        self.bulk.because(RevokeReason(self.query_one("#reason", Choice).value), incident or None)
        self._go_to(Stage.SENDING)
        self.write(self._revoke)

    # What the service answers

    def _look(self) -> None:
        """Ask, perhaps again: a number that was typed for others is none for these."""
        self.query_one("#confirm", GuardedInput).value = ""
        self._go_to(Stage.LOOKING)
        workers.start(self, self._show, "look", exclusive=True)

    async def _show(self) -> None:
        """Ask which keys it would be."""
        with self.console_app.asking():
            await self.ask(lambda: self.bulk.look(self.client))
        selection = self.bulk.selection
        self.listing.rows.put(selection.keys if selection else [])
        if selection is not None and not selection.keys:
            self.listing.say_empty(*tally.nothing(selection))
        self._go_to(Stage.SHOWN)
        self.query_one("#confirm").focus()
        self.settle()

    async def _revoke(self) -> None:
        """Begin. Without a clear answer the same request goes again: it is the same revocation."""
        try:
            await self.bulk.begin(self.client)
        except ConflictError as error:
            self._go_to(Stage.SHOWN)
            self.say((f"✕ {error.message} ", "red"), ("^r", "brass bold"), (" shows them.", "dim"))
        except KeyconsoleError as error:
            if not leaves_open(error):
                self._go_to(Stage.SHOWN)
                self.say((f"✕ Nothing was revoked: {error.message}", "red"))
                return
            if isinstance(error, ServiceUnreachableError):
                self.console_app.lost(error)
            self._why = why_unknown(error)
            self._go_to(Stage.UNKNOWN)
            again = partial(self.console_app.run_change, self._revoke)
            self.app.set_timer(RETRY_SECONDS, again)
        else:
            self.console_app.answered()
            self._go_to(Stage.RUNNING)
            self._follow()

    def _follow(self) -> None:
        if self.is_mounted:
            workers.start(self, self._progress, "progress", exclusive=True)

    async def _progress(self) -> None:
        """Ask how far it is, until nothing is left; then for the proof and the line of each key."""
        found = await self.ask(lambda: self.bulk.follow(self.client))
        if self.bulk.is_over:
            self._go_to(Stage.DONE)
            self._collect_on()
        else:
            self.set_timer(POLL_SECONDS if found else RETRY_SECONDS, self._follow)
            self._draw()

    def _collect_on(self) -> None:
        if self.is_mounted:
            workers.start(self, self._collect, "progress", exclusive=True)

    async def _collect(self) -> None:
        """What verification says, and the line of every key; asked until it is answered."""
        if not self.bulk.is_proved:
            await self.ask(lambda: self.bulk.prove(self.client))
            self._draw()
        while not self.bulk.is_receipt_whole:
            before = len(self.bulk.outcomes)
            await self.ask(lambda: self.bulk.read_on(self.client))
            self.listing.rows.refresh()
            if len(self.bulk.outcomes) == before:
                break
        if not (self.bulk.is_proved and self.bulk.is_receipt_whole):
            self.set_timer(RETRY_SECONDS, self._collect_on)

    # The receipt

    def action_save_receipt(self) -> None:
        if self.stage is not Stage.DONE or self.bulk.revocation is None:
            return
        if not self.bulk.is_receipt_whole:
            self.say(("The lines of the keys are still coming: a moment.", "amber"))
            return
        path = files.at_home(f"revoked-{self.bulk.revocation.id}.json")
        try:
            files.write_new(path, json.dumps(self.bulk.document(), indent=2) + "\n")
        except KeyconsoleError as error:
            self.say((f"✕ {error.message}", "red"))
        else:
            self.say(("✓ ", "green"), (f"Saved to {files.short(path)}", "dim"))

    def action_copy_receipt(self) -> None:
        if self.stage is Stage.DONE:
            workers.start(self, self._copy, "copy")

    async def _copy(self) -> None:
        if self.bulk.revocation is not None:
            text = tally.as_text(self.bulk.revocation, self.bulk.proof)
            outcome = await self.copy_text(text)
            self.say((f"{outcome.glyph} Receipt: ", outcome.role), (outcome.sentence, "dim"))

    # How it is drawn

    def _go_to(self, stage: Stage) -> None:
        self.stage = stage
        if self.is_mounted:
            self.say()
            self._draw()
            if stage is Stage.DONE:
                self.listing.rows.focus()

    def redraw(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#many-title", Static).update(self._title())
        asks = self.is_enabled("confirm")
        self.query_one("#many-form").display = asks
        self.query_one("#do-revoke").display = asks
        for name in ("#do-copy", "#do-save"):
            self.query_one(name).display = self.stage is Stage.DONE
        self.query_one("#confirm-how", Static).update(
            draw(("type ", "dim"), (str(self.bulk.count), "ink bold"))
        )
        self.query_one("#do-all-the-same").display = self.stage is Stage.ONCE_MORE
        all_the_same = self.query_one("#do-all-the-same", Chip)
        all_the_same.rename("R" if self.is_readable else "◌", "revoke all the same")
        chip = self.query_one("#do-revoke", Chip)
        chip.rename("↵" if self.is_readable else "◌", "revoke")
        chip.turn_off("" if self.is_confirmed else "type it first")
        self.query_one("#keep", Chip).rename("esc", self.label_of("cancel") or "keep them")
        self.listing.rows.refresh()
        self.update_frame()

    def _title(self) -> Content:
        room = self.app.size.width - 8
        match self.stage:
            case Stage.LOOKING:
                return draw(("Looking which keys that are…", "dim"))
            case Stage.SHOWN:
                return tally.question(self.bulk.selection, room)
            case Stage.ONCE_MORE:
                return tally.once_more(self.bulk.selection, self.bulk.lockout)
            case Stage.SENDING:
                return draw(("Revoking…", "dim"))
            case Stage.UNKNOWN:
                return draw(
                    ("Unknown, still trying: ", "amber bold"),
                    (f"{self._why} The same request is sent again.", "dim"),
                )
            case Stage.RUNNING:
                return tally.progress(self.bulk.revocation, room)
            case Stage.DONE:
                return tally.result(self.bulk.revocation, self.bulk.proof, room)
