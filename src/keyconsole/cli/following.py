"""`--follow`: what is new in a list, as it comes, until somebody ends it."""

import asyncio
import json
import select
import sys
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from keyconsole.cli.lists import Form, Listing, exactly, in_table, rows_of
from keyconsole.cli.prompts import tell
from keyconsole.cli.table import columns_of
from keyconsole.client.pages import Fetch, pages
from keyconsole.core.errors import ServiceUnreachableError, UsageError
from keyconsole.core.safetext import show

if TYPE_CHECKING:
    from pydantic import BaseModel

    from keyconsole.client.following import LogFollower
    from keyconsole.text.columns import Column
    from keyconsole.wire import AuditCheckpoint, AuditEvent

ItemT = TypeVar("ItemT", bound="BaseModel")

SECONDS = 2.0
KNOWN = 10

follow_option = click.option(
    "--follow",
    "following",
    is_flag=True,
    help="Go on with what is new, until Ctrl-C; the newest comes last.",
)


class ByMark(Generic[ItemT]):
    """Returns the items of a list, newest first, whose `mark` was not seen before.

    The whole list is read each time: an item with a clock ahead of others stands before what is
    newer than it.
    """

    def __init__(self, fetch: "Fetch[ItemT]", mark: Callable[[ItemT], Hashable]) -> None:
        self._fetch, self._mark = fetch, mark
        self._seen: set[Hashable] = set()

    async def __call__(self, most: int | None) -> list[ItemT]:
        """Return what is new, the oldest first; of the first answer at most `most` items."""
        found: list[ItemT] = []
        async for page in pages(self._fetch):
            found.extend(item for item in page.items if self._mark(item) not in self._seen)
        self._seen.update(map(self._mark, found))
        return found[:most][::-1]


class BySequence:
    """Returns the events of audit logs that were not returned before, by sequence."""

    def __init__(
        self,
        fetch: "Fetch[AuditEvent]",
        heads: Callable[[], Awaitable[Iterable["AuditCheckpoint"]]],
        follower: Callable[["AuditCheckpoint"], "LogFollower"],
    ) -> None:
        self._fetch, self._heads, self._follower = fetch, heads, follower
        self._followers: list[LogFollower] | None = None
        self._new: list[AuditEvent] = []

    async def __call__(self, most: int | None) -> "list[AuditEvent]":
        """Return what is new, the oldest first; at first the newest `most` events.

        What one log answered is kept until each has answered.
        """
        if self._followers is None:
            return await self._first(most)
        for follower in self._followers:
            self._new += await follower.new()
        found, self._new = self._new, []
        return found

    async def _first(self, most: int | None) -> "list[AuditEvent]":
        # The heads are read before the list: what comes in between is new in the next round.
        heads = list(await self._heads())
        found: list[AuditEvent] = []
        async for page in pages(self._fetch, limit=most):
            found.extend(page.items)
        self._followers = [self._follower(each) for each in heads]
        counts = {each.workspace_id: each.count for each in heads}
        return [event for event in found if event.sequence <= counts.get(event.workspace_id, 0)][
            ::-1
        ]


async def follow(
    listing: Listing,
    newer: Callable[[int | None], Awaitable[Iterable[ItemT]]],
    columns: Sequence["Column[ItemT]"],
    *,
    pause: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(SECONDS),
) -> None:
    """Write the last few of a list, then what `newer` returns, until somebody ends it.

    It waits for a service that does not answer. Raises what the service refuses with, and
    `UsageError` for one JSON document.
    """
    require_endless(listing)
    line = _Lines(columns, jsonl=listing.form is Form.JSONL)
    told = False
    first = listing.limit or KNOWN
    while True:
        try:
            items = list(await newer(first if not line.begun else None))
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


def require_endless(listing: Listing) -> None:
    """Raise `UsageError` where what is written has to have an end."""
    if listing.output is not None:
        raise UsageError("--follow and --output exclude each other.")
    if listing.form not in (Form.TABLE, Form.JSONL) or listing.cursor is not None:
        raise UsageError("--follow has no end: take --jsonl, and no --cursor.")


def _require_reader() -> None:
    """Raise `BrokenPipeError` where nobody reads any more: while nothing is new, no write tells."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (AttributeError, OSError, ValueError):  # nothing behind it that could be closed
        return
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        raise BrokenPipeError


class _Lines(Generic[ItemT]):
    """A line an item; of a table, its columns as wide as what was written so far."""

    def __init__(self, columns: Sequence["Column[ItemT]"], *, jsonl: bool) -> None:
        self._columns, self._jsonl = in_table(columns), jsonl
        self._widths = [0] * len(self._columns)
        self.begun = False

    def write(self, items: Sequence[ItemT]) -> None:
        if self._jsonl:
            lines = [json.dumps(item.model_dump(mode="json")) for item in items]
        else:
            rows = [list(map(show, row)) for row in rows_of(items, self._columns, exactly)]
            del rows[: int(self.begun)]
            for row in rows:
                self._widths = list(map(max, self._widths, map(columns_of, row)))
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
