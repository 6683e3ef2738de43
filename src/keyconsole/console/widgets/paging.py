"""The pages behind a list: the first kept fresh, the next fetched as the cursor comes near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from keyconsole.console.widgets.listing import Listing
    from keyconsole.wire import Page

RowT = TypeVar("RowT")

PAGE_SIZE = 500


class Pages(Generic[RowT]):
    """What was fetched for a list, in the order in which the service gives it."""

    def __init__(self, listing: Listing[RowT]) -> None:
        self._listing = listing
        self._shown: Page[RowT] | None = None
        self._cursor: str | None = None
        self._question = 0

    @property
    def is_known(self) -> bool:
        """Whether the service has answered at all."""
        return self._shown is not None

    @property
    def has_more(self) -> bool:
        """Whether there are rows that were not fetched yet."""
        return self._cursor is not None

    def reset(self) -> None:
        """Another question is asked from now on: nothing fetched before belongs to it."""
        self._shown, self._cursor = None, None
        self._question += 1

    def put(self, page: Page[RowT]) -> None:
        """Show the first page anew, and what was fetched beyond it as it was."""
        if page is self._shown:
            self._listing.rows.refresh()
            return
        beyond = self._beyond(page) if self._shown is not None else []
        if not beyond:
            self._cursor = page.next_cursor
            self._question += 1
        self._shown = page
        self._listing.rows.put([*page.items, *beyond])

    def _beyond(self, page: Page[RowT]) -> list[RowT]:
        """The rows below the first page, where its last row can still be found among them."""
        rows = self._listing.rows
        if page.next_cursor is None or not page.items:
            return []
        last = rows.index_of(rows.identify(page.items[-1]))
        if last is None:
            return []
        known = {rows.identify(row) for row in page.items}
        return [row for row in rows.rows[last + 1 :] if rows.identify(row) not in known]

    async def fetch_next(self, ask: Callable[[str], Awaitable[Page[RowT] | None]]) -> None:
        """Add the next page below, once; `ask` takes its cursor and answers nothing on failure."""
        cursor, question = self._cursor, self._question
        if cursor is None:
            return
        self._cursor = None
        page = await ask(cursor)
        if question != self._question:
            return
        if page is None:
            self._cursor = cursor
            return
        self._cursor = page.next_cursor
        self._listing.rows.extend(list(page.items))
