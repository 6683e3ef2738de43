"""Save the value to a file that only its owner can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole.console import files
from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.console.secret import OneTimeSecret


ADVICE = "a new file that only you can read; end it in .env to append NAME=… there"


class SaveDialog(DialogScreen):
    """Asks for a path. Dismisses with what was written where, or with nothing.

    A dotenv file is appended to, any other must be new.
    """

    SCOPES = (Scope.FIELD,)
    CRUMB = "Save"

    def __init__(self, label: str, secret: OneTimeSecret) -> None:
        super().__init__()
        self.label, self.secret = label, secret

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("Save the value to a file", "brass bold")), markup=False),
            Static(""),
            Field("path", "File", value=files.free_name(self.label), advice=ADVICE, is_only=True),
            Horizontal(
                Chip("esc", "back", "cancel"),
                Chip("↵", "save", "save", primary=True),
                id="dialog-end",
            ),
        ]

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one("#field-path", Field)

    def on_mount(self) -> None:
        self.field.input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        # Not `place`: a home is looked up only for a name that is whole.
        if files.is_dotenv(Path(event.value.strip())):
            name = files.variable_name(self.label)
            self.field.says((f"appends {name}=… and keeps what is there", "dim"))
        else:
            self.field.says()

    def action_save(self) -> None:
        value = self.secret.reveal()
        if value is None:
            self.dismiss(None)
            return
        if not self.field.value.strip():
            self.field.wrong("Write a path, as in ~/api-gateway-prod.key")
            return
        try:
            path = files.place(self.field.value)
            if files.is_dotenv(path):
                name = files.variable_name(self.label)
                files.append_variable(path, name, value)
                done = f"Added {name}=… to {files.short(path)}"
            else:
                files.write_new(path, f"{value}\n")
                done = f"Saved to {files.short(path)}"
        except KeyconsoleError as error:
            self.field.wrong(error.message)
        else:
            self.dismiss(done)

    def action_cancel(self) -> None:
        self.dismiss(None)
