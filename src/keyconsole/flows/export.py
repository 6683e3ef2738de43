"""Export of a list: all of its pages, written as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import TextIO

    from pydantic import BaseModel

    from keyconsole.text.export_files import ExportFile
    from keyconsole.wire import Page

RowT = TypeVar("RowT", bound="BaseModel")


class Written(NamedTuple):
    """The number of rows written, and the remark of the service on rows that are missing."""

    rows: int
    note: str


async def write(
    file: ExportFile[RowT], pages: AsyncIterator[Page[RowT]], stream: TextIO, *, as_csv: bool
) -> Written:
    """Writes every row of `pages` into `stream`."""
    file.write_head(stream, as_csv=as_csv)
    count, note = 0, ""
    async for page in pages:
        file.write(stream, page.items, as_csv=as_csv)
        count, note = count + len(page.items), page.note
    return Written(count, note)
