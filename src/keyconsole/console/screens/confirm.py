"""A question before something ends for good: a membership, an invitation, a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from keyconsole.console.actions import Scope
from keyconsole.console.screens.change_dialog import ChangeDialog
from keyconsole.console.styled_text import draw, hang, shorten, stack
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import ConfirmInput, form_row
from keyconsole.console.widgets.pinned import ALWAYS
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import ProblemError
from keyconsole.flows.unknown_outcome import removing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.core.errors import KeyconsoleError
    from keyconsole.flows.membership import Removal
    from keyconsole.flows.unknown_outcome import Unknown


class ConfirmDialog(ChangeDialog):
    """`R` confirms or, where it has to be, the name that is typed by hand.

    Dismisses with true once it is done.
    """

    SCOPES = (Scope.CONFIRM,)
    TONE = "red"
    SAYS = "revoke-says"
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, removal: Removal) -> None:
        super().__init__()
        self.crumb = removal.verb.capitalize()
        self.take(removal)

    def take(self, removal: Removal) -> None:
        """Asks for this one from now on."""
        self.removal = removal
        self.send = removing(lambda: removal.request(self.client))

    @property
    def word(self) -> str:
        """The text to type, empty if none has to be typed."""
        is_typed = self.removal.is_typed or self.console_app.danger
        return self.removal.name if is_typed else ""

    def box(self) -> Sequence[Widget]:
        return [
            Static("", id="confirm-title"),
            Static("", id="revoke-card"),
            Static("", id="confirm-word", classes=ALWAYS),
            form_row("Confirm", ConfirmInput(id="confirm"), id="confirm-row"),
            Static("", id="revoke-says"),
            Horizontal(
                Chip("esc", "keep it", "cancel", id="keep"),
                Chip("◌", self.removal.verb, "second_key", tone="red", id="do-revoke"),
                id="dialog-end",
            ),
        ]

    def on_mount(self) -> None:
        self._ask()

    def _ask(self) -> None:
        """Asks, and what was typed ahead is no answer."""
        self.redraw()
        self.query_one("#confirm" if self.word else "#keep").focus()
        self.settle()

    def _arm(self) -> None:
        super()._arm()
        self._draw_end()

    # Actions

    def is_enabled(self, action: str) -> bool:
        if action in ("confirm", "second_key"):
            return not self.sending and (action == "confirm") == bool(self.word)
        return super().is_enabled(action)

    def label_of(self, action: str) -> str | None:
        if action == "second_key":
            return self.removal.verb
        return f"{self.removal.verb}, once it is typed" if action == "confirm" else None

    def on_input_changed(self) -> None:
        self._draw_end()

    def on_paste_refused(self) -> None:
        self._says(("Type it by hand: a paste does not confirm.", "amber"))

    @property
    def _is_typed(self) -> bool:
        return self.query_one("#confirm", ConfirmInput).value.strip() == self.word

    def action_second_key(self) -> None:
        """`R` where nothing has to be typed; the chip where it has."""
        if not self.armed or self.sending:
            return
        if self.word and not self._is_typed:
            self._says((f"Type {shorten(self.word, self.room - 20)} first.", "amber"))
            return
        self._says(("One moment…", "dim"))
        self.change(self.send)
        self._draw_end()

    def action_confirm(self) -> None:
        self.action_second_key()

    def action_cancel(self) -> None:
        if self.sending:
            self._says(("It is on its way: wait for the answer.", "amber"))
        else:
            self.dismiss(None)

    # Answers of the service

    def not_known(self, outcome: Unknown) -> None:
        self.console_app.unanswered(outcome.error)
        again = "Enter" if self.word else "R"
        self._says(
            ("It may or may not have been done: ", "amber bold"),
            (f"{outcome.why} {again} sends it again, which tells.", "dim"),
        )

    async def refused(self, error: KeyconsoleError) -> None:
        otherwise = self.removal.otherwise
        if isinstance(error, ProblemError) and error.code == "last-token" and otherwise:
            self.take(otherwise)
            self.query_one("#confirm", ConfirmInput).value = ""
            self._says()
            self._ask()
        else:
            self.wrong(f"Nothing changed: {error.message}")
            self.console_app.unanswered(error)

    # Drawing

    def redraw(self) -> None:
        if not self.is_mounted:
            return
        self.fill("#confirm-title", draw((shorten(self.removal.title, self.room), "red bold")))
        facts = self.removal.facts.split("\n")
        lines = [hang("", [(each, "ink")], self.room, indent=0) for each in facts]
        self.fill("#revoke-card", stack(lines))
        for name in ("#confirm-row", "#confirm-word"):
            self.query_one(name).display = bool(self.word)
        how = [("Type ", "dim"), (self.word, "ink bold"), (" to confirm.", "dim")]
        self.fill("#confirm-word", hang("", how, self.room, indent=0))
        self._draw_end()

    def _draw_end(self) -> None:
        if not self.is_mounted:
            return
        key = "↵" if self.word else "R"
        chip = self.query_one("#do-revoke", Chip)
        chip.rename(key if self.is_readable else "◌", self.removal.verb)
        waits = bool(self.word) and not self._is_typed
        chip.turn_off("sending" if self.sending else "type it first" if waits else "")
        self.update_frame()
