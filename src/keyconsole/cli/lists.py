"""Lists and single things on standard output: a table for people, JSON for programs."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import click

from keyconsole.cli.entrypoint import write_error
from keyconsole.cli.prompts import tell
from keyconsole.cli.table import columns_of, terminal_width, write_rows
from keyconsole.client.pages import Fetch, pages
from keyconsole.core.safetext import show
from keyconsole.text import columns

if TYPE_CHECKING:
    from pydantic import BaseModel

    from keyconsole.cli.output_file import Takeaway
    from keyconsole.text.columns import Column
    from keyconsole.text.export_files import ExportFile
    from keyconsole.wire import Page

ItemT = TypeVar("ItemT", bound="BaseModel")


class Form(Enum):
    """The form that a list is written in."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Listing:
    """The part of a list that is asked for, its form, and the file that it is written into."""

    form: Form = Form.TABLE
    limit: int | None = None
    cursor: str | None = None
    is_whole: bool = True
    """True if the whole list comes without a limit."""
    is_exact: bool = False
    """True if a table shows when something happened, and not how long ago, on a terminal too."""
    output: "Takeaway | None" = None

    @property
    def moments(self) -> Callable[[datetime], str] | None:
        """Returns how a table writes moments, where that is not as `when` does."""
        return exactly if self.is_exact else None


async def write_list(
    listing: Listing,
    fetch: "Fetch[ItemT]",
    file: "ExportFile[ItemT]",
    *,
    nothing: str | Callable[[], Awaitable[str]],
    without: Sequence[str] = (),
    what: str = "line",
) -> None:
    """Fetch page after page and write what there is; `nothing` goes to standard error.

    Where it is a function, it is called only if there is nothing. A table has the columns of the
    file but for those `without`; a file says how many of `what` it holds.
    """
    if listing.output is not None:
        from keyconsole.cli.output_file import write_file

        await write_file(listing.output, listing, fetch, file, what=what)
        return
    if listing.form is Form.JSON:
        await _write_pages(listing, fetch)
        return
    items: list[ItemT] = []
    cursor, note = listing.cursor, ""
    is_streamed = listing.form in (Form.JSONL, Form.CSV)
    as_csv = listing.form is Form.CSV
    if as_csv:
        write_csv([], file)
    async for page in pages(fetch, cursor=listing.cursor, limit=listing.limit):
        cursor, note = page.next_cursor, page.note
        if is_streamed:
            _write_lines(page.items, file, as_csv=as_csv)
        else:
            items += page.items
    if not is_streamed:
        if items:
            write_items(listing, items, columns.without(file.columns, *without))
        else:
            tell(nothing if isinstance(nothing, str) else await nothing())
        if cursor is not None:
            rest = "Without --limit all of it" if listing.is_whole else "With a higher --limit more"
            # Not by `tell`: a cursor looks like a secret.
            write_error(f"There is more. {rest} is listed; --cursor {cursor} goes on.\n")
    if note:
        tell(note)


async def _write_pages(listing: Listing, fetch: "Fetch[ItemT]") -> None:
    """Writes all pages as one JSON document."""
    from pydantic_core import to_json  # json indents in Python, and takes thirty times as long

    items: list[Any] = []
    rest: dict[str, Any] = {"next_cursor": listing.cursor}
    note = ""
    async for page in pages(fetch, cursor=listing.cursor, limit=listing.limit):
        rest, note = page.model_dump(mode="json"), page.note
        items += rest.pop("items")
    click.echo(to_json({"items": items, **rest}, indent=2, ensure_ascii=True).decode())
    if note:
        tell(note)


def write_csv(items: Sequence[ItemT], file: "ExportFile[ItemT]") -> None:
    """Writes items as the lines of a CSV file, below the line of its columns."""
    head = io.StringIO()
    file.write_head(head, as_csv=True)
    click.echo(head.getvalue(), nl=False)
    _write_lines(items, file, as_csv=True)


def _write_lines(items: Sequence[ItemT], file: "ExportFile[ItemT]", *, as_csv: bool) -> None:
    lines = io.StringIO()
    file.write(lines, items, as_csv=as_csv)
    text = lines.getvalue()
    if terminal_width() is not None:
        text = "\n".join(map(show, text.split("\n")))
    click.echo(text, nl=False)


def write_items(listing: Listing, items: Sequence[ItemT], shown: Sequence["Column[ItemT]"]) -> None:
    """Writes items as a table; as `PLAIN` a line a value, those without one left out."""
    if listing.form is Form.TABLE:
        write_table(items, shown, listing.moments)
        return
    named = [
        replace(each, absent=each.absent if each.absent.isalpha() else "")
        for each in in_table(shown)
    ]
    for number, row in enumerate(rows_of(items, named, listing.moments)[1:]):
        if number:
            click.echo()
        for column, value in zip(named, row, strict=True):
            if value:
                click.echo(f"{column.title}: {show(value)}")


def fetching(call: Callable[..., Awaitable["Page[ItemT]"]], **question: Any) -> "Fetch[ItemT]":
    """Returns what fetches a page with a method of the client."""

    async def page(cursor: str | None, limit: int) -> "Page[ItemT]":
        return await call(cursor=cursor, limit=limit, **question)

    return page


async def items_of(fetch: "Fetch[ItemT]") -> AsyncIterator[ItemT]:
    """Yields the items of all pages."""
    async for page in pages(fetch):
        for item in page.items:
            yield item


def write_table(
    items: Sequence[ItemT],
    columns: Sequence["Column[ItemT]"],
    at: Callable[[datetime], str] | None = None,
) -> None:
    """Writes a table. On a narrow terminal columns leave as `Column.leaves` says."""
    width = terminal_width()
    shown = in_table(columns)
    rows = rows_of(items, shown, at)
    while width is not None and _width(rows) > width:
        leaving = [column for column in reversed(shown) if column.leaves]
        if not leaving:
            break
        shown.remove(min(leaving, key=lambda column: column.leaves))
        rows = rows_of(items, shown, at)
    write_rows(rows, width=width)


def in_table(columns: Sequence["Column[ItemT]"]) -> list["Column[ItemT]"]:
    """Returns the columns of a table, in its order."""
    return sorted((each for each in columns if each.in_table), key=lambda each: not each.leads)


def rows_of(
    items: Sequence[ItemT],
    columns: Sequence["Column[ItemT]"],
    at: Callable[[datetime], str] | None = None,
) -> list[list[str]]:
    """Returns the head and a row an item; `at` writes moments, as `when` does without it."""

    def cell(column: "Column[ItemT]", item: ItemT) -> str:
        value = column.value(item)
        if isinstance(value, datetime):
            return (at or when)(value)
        return column.absent if value in (None, "") else str(value)

    head = [column.title.upper() for column in columns]
    return [head, *([cell(column, item) for column in columns] for item in items)]


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(columns_of, column)) + 2 for column in zip(*rows, strict=True)) - 2


def write_document(document: "BaseModel | dict[str, Any]") -> None:
    """One JSON document. Its letters are ASCII, whatever the terminal can write."""
    value = document if isinstance(document, dict) else document.model_dump(mode="json")
    click.echo(json.dumps(value, indent=2))


def write_item(
    document: "BaseModel | dict[str, Any]", rows: Sequence[Sequence[str]], *, as_json: bool
) -> None:
    """One JSON document, or rows of a title and a value; those without a value are left out."""
    if as_json:
        write_document(document)
    else:
        write_rows([row for row in rows if row[1]])


def when(moment: datetime | None) -> str:
    """A moment in a table: in words on a terminal, to the millisecond for a program."""
    from keyconsole.text import times

    if terminal_width() is not None:
        return times.ago(moment, times.now())
    return exactly(moment) if moment else "never"


def exactly(moment: datetime) -> str:
    """A moment as the contract writes it."""
    from keyconsole.wire import rfc3339

    return rfc3339(moment)
