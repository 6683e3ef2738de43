"""Change a key's label; where someone else changed it meanwhile, both are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole import safetext
from keyconsole.console.actions import Scope
from keyconsole.console.ink import draw
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.errors import KeyconsoleError, ProblemError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.wire import Key


ADVICE = "a system and its environment: api-gateway-prod"


class RenameDialog(DialogScreen):
    """Dismisses with the key as the service has it now, or with nothing."""

    SCOPES = (Scope.FIELD,)
    CRUMB = "Rename"

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.version = key.version
        self.sending = False

    def box(self) -> Sequence[Widget]:
        return [
            Static(
                draw(("Rename this key   ", "brass bold"), (self.key.public_key, "dim")),
                markup=False,
            ),
            Static(""),
            Field("label", "API Key Name", value=self.key.label, advice=ADVICE, is_only=True),
            Horizontal(
                Chip("esc", "keep it", "cancel"),
                Chip("↵", "save", "save", primary=True),
                id="dialog-end",
            ),
        ]

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one("#field-label", Field)

    def verb_of(self, action: str) -> str | None:
        return "keep it" if action == "cancel" else None

    def on_mount(self) -> None:
        self.field.input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if problem := safetext.name_problem(event.value, "A name"):
            self.field.wrong(problem.message)
        else:
            self.field.says()

    def action_save(self) -> None:
        if self.sending:
            return
        label = self.field.value
        if problem := safetext.name_problem(label, "A name"):
            self.field.wrong(problem.message)
            return
        if safetext.tidy(label) == self.key.label:
            self.dismiss(None)
            return
        self.sending = True
        self.console_app.run_change(self._send)

    async def _send(self) -> None:
        label = safetext.tidy(self.field.value)
        try:
            changed = await self.client.rename_key(self.key.public_key, label, version=self.version)
        except ServiceUnreachableError as error:
            self.console_app.lost(error)
            self.field.wrong("No answer: it may or may not be saved. Press ^s to send it again.")
        except ProblemError as error:
            await self._refused(error)
        except KeyconsoleError as error:
            self.field.wrong(error.message)
        else:
            self.dismiss(changed)
        finally:
            self.sending = False

    async def _refused(self, error: ProblemError) -> None:
        if error.status != 412:
            self.field.wrong(error.field_message("label") or error.message)
            self.console_app.signing_in.refused(error)
            return
        try:
            now = await self.client.key(self.key.public_key)
        except KeyconsoleError as failure:
            self.field.wrong(failure.message)
            return
        self.version = now.version
        self.field.wrong(
            f"Someone else changed it meanwhile: it is now “{now.label}”. ^s saves yours over it."
        )

    def action_cancel(self) -> None:
        self.dismiss(None)
