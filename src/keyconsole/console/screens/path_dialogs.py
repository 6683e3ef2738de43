"""Questions for the path of a file: for a value, and for all of a list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from keyconsole.console import files
from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError
from keyconsole.local.outputfile import whole_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TextIO

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.console.secret import OneTimeSecret
    from keyconsole.console.styled_text import Run
    from keyconsole.flows.export import Written


class PathDialog(DialogScreen):
    """Dismisses with what was written where, or with nothing."""

    SCOPES = (Scope.FIELD,)
    QUESTION: ClassVar[str]
    ADVICE: ClassVar[str]

    def __init__(self, proposed: str) -> None:
        super().__init__()
        self.proposed = proposed

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw((self.QUESTION, "brass bold"))),
            Static(""),
            Field("path", "File", value=self.proposed, advice=self.ADVICE, is_only=True),
            self.end("save"),
        ]

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one("#field-path", Field)

    def on_mount(self) -> None:
        self.field.input.focus()

    def hint(self, typed: str) -> list[Run]:  # noqa: ARG002
        """Returns the sentence about a path while it is typed."""
        return []

    def on_input_changed(self, event: Input.Changed) -> None:
        self.field.says(*self.hint(event.value))


class SaveDialog(PathDialog):
    """A dotenv file is appended to, any other must be new."""

    CRUMB = "Save"
    QUESTION = "Save the value to a file"
    ADVICE = "a new file that only you can read; end it in .env to append NAME=… there"

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


class ExportDialog(PathDialog):
    """Writes all of a list, which takes a while: it is not left in the midst of it."""

    CRUMB = "Save"
    QUESTION = "Save what is listed"
    ADVICE = "ends with .csv, or with .jsonl for one JSON document a line"

    def __init__(self, name: str, write: Callable[[TextIO, bool], Awaitable[Written]]) -> None:
        super().__init__(f"~/{name}.csv")
        self.write_rows = write
        self.sending = False

    def action_save(self) -> None:
        ending = Path(self.field.value.strip()).suffix
        if ending not in (".csv", ".jsonl"):
            self.field.wrong(f"The name {self.ADVICE}.")
        elif not self.sending:
            self.sending = True
            self.field.says(("writing…", "dim"))
            self.console_app.run_change(self._send)

    async def _send(self) -> None:
        try:
            path = files.place(self.field.value)
            with whole_file(path, called=files.short(path)) as stream:
                count, note = await self.write_rows(stream, path.suffix == ".csv")
        except ServiceUnreachableError as error:
            self.console_app.failed(error)
            self.field.wrong("No answer: nothing was written.")
        except KeyconsoleError as error:
            self.field.wrong(error.message)
        else:
            done = f"{count:,} line{'' if count == 1 else 's'} in {files.short(path)}"
            self.dismiss(f"{done}. {note}" if note else done)
        finally:
            self.sending = False

    def action_cancel(self) -> None:
        if not self.sending:
            self.dismiss(None)
