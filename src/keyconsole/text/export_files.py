"""The files of exported lists: CSV whose cells no spreadsheet computes, or a JSON document a line.

Each list has one `ExportFile`, so that the console and the commands write the same columns.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from pydantic import BaseModel

    from keyconsole.wire import AuditedKey, AuditEvent, Refusal

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
    """The columns of a list. `cells` takes a row as JSON has it, and returns a cell a column."""

    head: tuple[str, ...]
    cells: Callable[[dict[str, Any]], Iterable[Any]]

    def write_head(self, stream: TextIO, *, as_csv: bool) -> None:
        """Writes the line of the columns; JSON lines have none."""
        if as_csv:
            write_row(stream, self.head)

    def write(self, stream: TextIO, rows: Iterable[RowT], *, as_csv: bool) -> None:
        """Writes a line a row."""
        for row in rows:
            document = row.model_dump(mode="json")
            if as_csv:
                cells = self.cells(document)
                write_row(stream, ["" if cell is None else str(cell) for cell in cells])
            else:
                stream.write(f"{json.dumps(document)}\n")


def _fields(*names: str) -> ExportFile[Any]:
    """Returns a file with a column a field."""
    return ExportFile(names, lambda row: [row[name] for name in names])


def _event(row: dict[str, Any]) -> list[Any]:
    detail = json.dumps(row["detail"], sort_keys=True)
    return [detail if name == "detail" else row[name] for name in EVENTS.head]


def _finding(row: dict[str, Any]) -> list[Any]:
    key, findings = row["key"], row["findings"]
    reviews = [
        f"{each['finding']} until {review['until']} ({review['by']}, {review['at']})"
        for each in findings
        if (review := each["review"]) is not None
    ]
    return [
        key["label"],
        key["public_key"],
        key["integration_name"],
        " ".join(each["finding"] for each in findings),
        " ".join(each["reason"] for each in findings),
        key["last_used_at"],
        key["created_at"],
        key["created_by"],
        "; ".join(reviews),
    ]


EVENTS: ExportFile[AuditEvent] = ExportFile(
    ("sequence", "at", "actor", "address", "action", "target", "target_name", "integration_id",
     "detail", "request_id", "id", "workspace_id", "hash"),
    _event,
)  # fmt: skip
FINDINGS: ExportFile[AuditedKey] = ExportFile(
    ("label", "public_key", "integration", "findings", "reasons", "last_used_at", "created_at",
     "created_by", "reviews"),
    _finding,
)  # fmt: skip
REFUSALS: ExportFile[Refusal] = _fields(
    "public_key", "label", "integration_name", "reason", "address", "agent", "count", "first_at",
    "last_at",
)  # fmt: skip
