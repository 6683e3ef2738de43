"""Take a list away: a path, and a file that is there once all of it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole import exports
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
    from typing import Any, TextIO, TypeAlias

    from textual.widget import Widget
    from textual.widgets import Input

    Write: TypeAlias = Callable[[TextIO, bool], Awaitable[int]]
    Ask: TypeAlias = Callable[[str | None], Awaitable[Any]]
    Cells: TypeAlias = Callable[[dict[str, Any]], list[str]]

ADVICE = "ends with .csv, or with .jsonl for one JSON document a line"
FINDING_HEAD = ("label", "public_key", "integration", "findings", "reasons", "last_used_at",
                "created_at", "created_by")  # fmt: skip
EVENT_HEAD = ("sequence", "at", "actor", "address", "action", "target", "target_name", "detail",
              "request_id", "hash")  # fmt: skip
REFUSAL_HEAD = ("public_key", "label", "integration_name", "reason", "address", "agent", "count",
                "first_at", "last_at")  # fmt: skip


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


async def write_pages(
    ask: Ask,
    cells: Cells,
    head: Sequence[str],
    stream: TextIO,
    as_csv: bool,  # noqa: FBT001
) -> int:
    """Every row of a list, page by page; how many. `cells` are those of a row as it is on the wire.

    As CSV under `head`; otherwise one JSON document a line.
    """
    if as_csv:
        exports.write_row(stream, head)
    cursor: str | None = None
    count = 0
    while True:
        page = await ask(cursor)
        for row in page.items:
            told = row.model_dump(mode="json")
            if as_csv:
                exports.write_row(stream, cells(told))
            else:
                stream.write(f"{json.dumps(told)}\n")
        count += len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return count


def finding_cells(told: dict[str, Any]) -> list[str]:
    """A key with its findings, under `FINDING_HEAD`."""
    key = told["key"]
    return [
        key["label"],
        key["public_key"],
        key["integration_name"],
        " ".join(each["finding"] for each in told["findings"]),
        " ".join(each["reason"] for each in told["findings"]),
        key["last_used_at"] or "",
        key["created_at"],
        key["created_by"],
    ]


def event_cells(told: dict[str, Any]) -> list[str]:
    """An audit event, under `EVENT_HEAD`."""
    told["detail"] = json.dumps(told["detail"], sort_keys=True)
    return [str(told[name] or "") for name in EVENT_HEAD]


def refusal_cells(told: dict[str, Any]) -> list[str]:
    """Who presents a refused key, under `REFUSAL_HEAD`."""
    return [str(told[name]) for name in REFUSAL_HEAD]
