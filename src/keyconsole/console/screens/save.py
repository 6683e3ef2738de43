"""Save the value to a file that only its owner can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from keyconsole.console import files
from keyconsole.console.screens.path_dialog import PathDialog
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from keyconsole.console.secret import OneTimeSecret
    from keyconsole.console.styled_text import Run


class SaveDialog(PathDialog):
    """A dotenv file is appended to, any other must be new."""

    CRUMB = "Save"
    QUESTION = "Save the value to a file"
    ADVICE = "a new file that only you can read; end it in .env to append NAME=… there"
    VERB = "save"

    def __init__(self, label: str, secret: OneTimeSecret) -> None:
        super().__init__(files.free_name(label))
        self.label, self.secret = label, secret

    def hint(self, typed: str) -> list[Run]:
        # Not `place`: a home is looked up only for a name that is whole.
        if not files.is_dotenv(Path(typed.strip())):
            return []
        name = files.variable_name(self.label)
        return [(f"appends {name}=… and keeps what is there", "dim")]

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
