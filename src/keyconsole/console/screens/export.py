"""Take a list away: a path, and a file that is there once all of it is written."""

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
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError
from keyconsole.local.outputfile import whole_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TextIO, TypeAlias

    from textual.widget import Widget
    from textual.widgets import Input

    Write: TypeAlias = Callable[[TextIO, bool], Awaitable[int]]

ADVICE = "ends with .csv, or with .jsonl for one JSON document a line"


class ExportDialog(DialogScreen):
    """Dismisses with what was written where, or with nothing."""

    SCOPES = (Scope.FIELD,)
    CRUMB = "Export"

    def __init__(self, name: str, write: Write) -> None:
        super().__init__()
        self.name_of_file, self.write_rows = name, write
        self.sending = False

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("Export what is listed", "brass bold")), markup=False),
            Static(""),
            Field("path", "File", value=f"~/{self.name_of_file}.csv", advice=ADVICE, is_only=True),
            Horizontal(
                Chip("esc", "back", "cancel"),
                Chip("↵", "export", "save", primary=True),
                id="dialog-end",
            ),
        ]

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one("#field-path", Field)

    def label_of(self, action: str) -> str | None:
        return "export" if action == "save" else None

    def on_mount(self) -> None:
        self.field.input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.field.says()

    def action_save(self) -> None:
        ending = Path(self.field.value.strip()).suffix
        if ending not in (".csv", ".jsonl"):
            self.field.wrong(f"The name {ADVICE}.")
        elif not self.sending:
            self.sending = True
            self.field.says(("writing…", "dim"))
            self.console_app.run_change(self._send)

    async def _send(self) -> None:
        try:
            path = files.place(self.field.value)
            with whole_file(path, called=files.short(path)) as stream:
                count = await self.write_rows(stream, path.suffix == ".csv")
        except ServiceUnreachableError as error:
            self.console_app.lost(error)
            self.field.wrong("No answer: nothing was written.")
        except KeyconsoleError as error:
            self.field.wrong(error.message)
        else:
            self.dismiss(f"{count:,} line{'' if count == 1 else 's'} in {files.short(path)}")
        finally:
            self.sending = False

    def action_cancel(self) -> None:
        if not self.sending:
            self.dismiss(None)
