"""The files of exported lists: CSV whose cells no spreadsheet computes, or a JSON document a line.

Each list has one `ExportFile`, so that the console and the commands write the same columns.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from keyconsole.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from pydantic import BaseModel

    from keyconsole.text.columns import Column, Value

RowT = TypeVar("RowT", bound="BaseModel")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and does not compute: an apostrophe before what would be.

    After OWASP, "CSV Injection"; spaces before it do not help, since some programs trim them.
    """
    starts = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if starts else text


def write_row(stream: TextIO, cells: Sequence[str]) -> None:
    """One line of CSV (RFC 4180), every cell quoted and safe."""
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(map(safe_cell, cells))


@dataclass(frozen=True, slots=True)
class ExportFile(Generic[RowT]):
    """A list as a file: its columns, in the order of `head` where the list has another one."""

    columns: Sequence[Column[RowT]]
    head: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of the file, in their order."""
        return self.head or tuple(each.name for each in self.columns if each.in_file)

    def cells(self, row: RowT) -> list[str]:
        """Returns a cell a column, each moment as the contract writes it."""
        known = {each.name: each.filed or each.value for each in self.columns}
        return [_cell(known[name](row)) for name in self.names]

    def write_head(self, stream: TextIO, *, as_csv: bool) -> None:
        """Writes the line of the columns; JSON lines have none."""
        if as_csv:
            write_row(stream, self.names)

    def write(self, stream: TextIO, rows: Iterable[RowT], *, as_csv: bool) -> None:
        """Writes a line a row."""
        for row in rows:
            if as_csv:
                write_row(stream, self.cells(row))
            else:
                stream.write(f"{json.dumps(row.model_dump(mode='json'))}\n")


def _cell(value: Value) -> str:
    from keyconsole.wire import rfc3339

    if isinstance(value, datetime):
        return rfc3339(value)
    return "" if value is None else str(value)


KEYS = ExportFile(columns.KEYS)
EVENTS = ExportFile(
    columns.EVENTS,
    ("sequence", "at", "actor", "address", "action", "target", "target_name", "integration_id",
     "integration_name", "detail", "request_id", "revocation", "id", "workspace_id", "hash"),
)  # fmt: skip
FINDINGS = ExportFile(
    columns.FINDINGS,
    ("label", "public_key", "integration", "findings", "reasons", "last_used_at", "created_at",
     "created_by", "reviews"),
)  # fmt: skip
REFUSALS = ExportFile(
    columns.REFUSALS,
    ("public_key", "label", "integration_name", "reason", "address", "agent", "count", "first_at",
     "last_at"),
)  # fmt: skip
INTEGRATIONS = ExportFile(columns.INTEGRATIONS)
ROTATIONS = ExportFile(columns.ROTATIONS)
ATTENTION = ExportFile(columns.ATTENTION)
MEMBERS = ExportFile(columns.MEMBERS)
TOKENS = ExportFile(columns.TOKENS)
INVITATIONS = ExportFile(columns.INVITATIONS)
SOURCES = ExportFile(columns.SOURCES)
AGES = ExportFile(columns.AGES)

FILES: dict[str, ExportFile[Any]] = {
    "keys": KEYS,
    "audit-log": EVENTS,
    "label-audit": FINDINGS,
    "refused-keys": REFUSALS,
    "integrations": INTEGRATIONS,
    "rotations": ROTATIONS,
    "attention": ATTENTION,
    "members": MEMBERS,
    "tokens": TOKENS,
    "invitations": INVITATIONS,
    "sources": SOURCES,
    "report": AGES,
}
"""The file of each list, by the name that the console suggests."""
