"""Export of a list: all of its pages, written as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import TextIO

    from pydantic import BaseModel

    from keyconsole.text.export_files import ExportFile
    from keyconsole.wire import Page

RowT = TypeVar("RowT", bound="BaseModel")


async def write(
    file: ExportFile[RowT], pages: AsyncIterator[Page[RowT]], stream: TextIO, *, as_csv: bool
) -> int:
    """Writes every row of `pages` into `stream`, and returns how many there were."""
    file.write_head(stream, as_csv=as_csv)
    count = 0
    async for page in pages:
        file.write(stream, page.items, as_csv=as_csv)
        count += len(page.items)
    return count
