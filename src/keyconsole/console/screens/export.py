"""Take a list away: a path, and a file that is there once all of it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from keyconsole.console import files
from keyconsole.console.screens.path_dialog import PathDialog
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError
from keyconsole.local.outputfile import whole_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TextIO, TypeAlias

    Write: TypeAlias = Callable[[TextIO, bool], Awaitable[int]]


class ExportDialog(PathDialog):
    """Writes all of a list, which takes a while: it is not left in the midst of it."""

    CRUMB = "Export"
    VERBS: ClassVar = {"save": "export"}
    QUESTION = "Export what is listed"
    ADVICE = "ends with .csv, or with .jsonl for one JSON document a line"
    VERB = "export"

    def __init__(self, name: str, write: Write) -> None:
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
                count = await self.write_rows(stream, path.suffix == ".csv")
        except ServiceUnreachableError as error:
            self.console_app.failed(error)
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
