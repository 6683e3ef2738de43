"""`--follow`: what is new in a list, as it comes, until somebody ends it."""

import asyncio
import json
import select
import sys
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from keyconsole.cli.lists import Column, Fetch, Form, Listing, pages
from keyconsole.cli.prompts import tell
from keyconsole.cli.table import columns_of
from keyconsole.errors import ServiceUnreachableError, UsageError
from keyconsole.safetext import show

if TYPE_CHECKING:
    from pydantic import BaseModel

ItemT = TypeVar("ItemT", bound="BaseModel")

SECONDS = 2.0
KNOWN = 10

follow_option = click.option(
    "--follow",
    "following",
    is_flag=True,
    help="Go on with what is new, until Ctrl-C; the newest comes last.",
)


async def follow(
    listing: Listing,
    fetch: "Fetch[ItemT]",
    columns: Sequence[Column[ItemT]],
    mark: Callable[[ItemT], Hashable],
    *,
    pause: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(SECONDS),
) -> None:
    """Write the last few of a list whose newest come first, then every one that is new.

    What has another `mark` than all before is new. It waits for a service that does not answer.
    Raises what the service refuses with, and `UsageError` for one JSON document.
    """
    if listing.form is Form.JSON or listing.cursor is not None:
        raise UsageError("--follow has no end: take --jsonl, and no --cursor.")
    line = _Lines(columns, jsonl=listing.form is Form.JSONL)
    seen: set[Hashable] = set()
    told = False
    first = listing.limit or KNOWN
    while True:
        try:
            items = await _unseen(fetch, mark, seen, first if not line.begun else None)
        except ServiceUnreachableError as error:
            if not line.begun or error.is_lasting:
                raise
            if not told:
                tell(f"{error.message} It is asked again until it answers.")
            told = True
        else:
            told = False
            line.write(items)
        await pause()
        _require_reader()


def _require_reader() -> None:
    """Raise `BrokenPipeError` where nobody reads any more: while nothing is new, no write tells."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (AttributeError, OSError, ValueError):  # nothing behind it that could be closed
        return
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        raise BrokenPipeError


async def _unseen(
    fetch: "Fetch[ItemT]",
    mark: Callable[[ItemT], Hashable],
    seen: set[Hashable],
    most: int | None,
) -> list[ItemT]:
    """What is newer than all that was seen, the oldest first; `most` of it where nothing was."""
    found: list[ItemT] = []
    async for page in pages(Listing(limit=most), fetch):
        for item in page.items:
            if mark(item) in seen:
                break
            found.append(item)
        else:
            continue
        break
    seen.update(map(mark, found))
    return found[::-1]


class _Lines(Generic[ItemT]):
    """A line an item; of a table, its columns as wide as what was written so far."""

    def __init__(self, columns: Sequence[Column[ItemT]], *, jsonl: bool) -> None:
        self._columns, self._jsonl = columns, jsonl
        self._widths = [columns_of(column.title) for column in columns]
        self.begun = False

    def write(self, items: Sequence[ItemT]) -> None:
        if self._jsonl:
            lines = [json.dumps(item.model_dump(mode="json")) for item in items]
        else:
            rows = [[show(column.cell(item)) for column in self._columns] for item in items]
            if not self.begun:
                rows.insert(0, [column.title for column in self._columns])
            for row in rows:
                self._widths = [
                    max(width, columns_of(cell))
                    for width, cell in zip(self._widths, row, strict=True)
                ]
            lines = [self._line(row) for row in rows]
        self.begun = True
        for line in lines:
            click.echo(line)  # which flushes: whoever reads it sees it now

    def _line(self, row: Sequence[str]) -> str:
        cells = [
            cell + " " * (width - columns_of(cell))
            for cell, width in zip(row, self._widths, strict=True)
        ]
        return "  ".join(cells).rstrip()
