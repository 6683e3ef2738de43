"""The pages behind a list: the first kept fresh, the next fetched as the cursor comes near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from keyconsole.console.widgets.listing import Listing
    from keyconsole.wire import Page

    _Ask = Callable[[str | None], Awaitable[Page["RowT"] | None]]

RowT = TypeVar("RowT")

PAGE_SIZE = 500
KEPT_PAGES = 8
"""Pages that a list keeps at most; others are dropped, and fetched again when needed."""


class Pages(Generic[RowT]):
    """The pages that were fetched for a list, in the order of the service."""

    def __init__(self, listing: Listing[RowT]) -> None:
        self._listing = listing
        self._shown: Page[RowT] | None = None
        self._cursor: str | None = None
        self._question = 0
        self._starts: list[str] = []
        self._sizes: list[int] = []
        self._gone = 0
        self._asked_in: int | None = None
        """The question that a page is on its way for; one at a time."""

    @property
    def is_known(self) -> bool:
        """True once the service has answered."""
        return self._shown is not None

    @property
    def has_more(self) -> bool:
        """True if there are rows that were not fetched yet."""
        return self._cursor is not None

    @property
    def reached(self) -> int:
        """The number of rows up to the last one fetched, dropped pages included."""
        first = len(self._shown.items) if self._shown is not None else 0
        let_go = first + sum(self._sizes[: self._gone - 1]) if self._gone else 0
        return let_go + len(self._listing.rows.rows)

    def reset(self) -> None:
        """Another question is asked from now on: nothing fetched before belongs to it."""
        self._shown, self._cursor = None, None
        self._starts, self._sizes, self._gone = [], [], 0
        self._question += 1

    def put(self, page: Page[RowT]) -> None:
        """Show the first page anew, and what was fetched beyond it as it was."""
        if page is self._shown:
            self._listing.rows.freshen()
            return
        if self._gone:
            # The first page is out of sight: what is shown stays until the person comes back.
            return
        beyond = self._beyond(page) if self._shown is not None else []
        if not beyond:
            self._cursor = page.next_cursor
            self._question += 1
            self._starts, self._sizes = [], []
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

    async def fetch_next(self, ask: _Ask[RowT]) -> None:
        """Add the pages that the cursor came near, above or below, and let the farthest go.

        While one is on its way nothing else is asked for; what the cursor wants by then is asked
        for afterwards. `ask` takes where the page starts, nothing for the first, and answers
        nothing on failure.
        """
        if self._asked_in == self._question:
            return
        while (fetch := self._wanted()) is not None:
            question = self._asked_in = self._question
            try:
                has_come = await fetch(ask)
            finally:
                if self._asked_in == question:
                    self._asked_in = None
            if not has_come:
                return

    def _wanted(self) -> Callable[[_Ask[RowT]], Awaitable[bool]] | None:
        """Returns what fetches the page that the cursor is near; None if it is there already."""
        rows = self._listing.rows
        if rows.wants_top and self._gone:
            return self._fetch_top
        if rows.cursor < len(rows.rows) // 2 and self._gone:
            return self._fetch_before
        if self._cursor is not None and rows.is_near_end:
            return self._fetch_after
        return None

    async def _fetch_after(self, ask: _Ask[RowT]) -> bool:
        """Put the page below there, and let the first one go; returns true if rows came."""
        rows, cursor, question = self._listing.rows, self._cursor, self._question
        page = await ask(cursor)
        if page is None or question != self._question or cursor is None:
            return False
        self._cursor = page.next_cursor
        self._starts.append(cursor)
        added = self._added(page)
        self._sizes.append(len(added))
        rows.extend(added)
        if len(self._sizes) - self._gone >= KEPT_PAGES:
            rows.drop_first(self._size(self._gone))
            self._gone += 1
        return bool(added)

    async def _fetch_before(self, ask: _Ask[RowT]) -> bool:
        """Put the page above back, and let the last one go."""
        question, above = self._question, self._gone - 1
        page = await ask(self._starts[above - 1] if above else None)
        if page is None or question != self._question:
            return False
        rows = self._listing.rows
        added = self._added(page)
        rows.prepend(added)
        self._gone = above
        if not above:
            self._shown = page
        else:
            self._sizes[above - 1] = len(added)
        if len(self._sizes) - self._gone >= KEPT_PAGES:
            rows.drop_last(self._sizes.pop())
            self._cursor = self._starts.pop()
        return bool(added)

    async def _fetch_top(self, ask: _Ask[RowT]) -> bool:
        """Begin again with the first page, which was let go."""
        question, rows = self._question, self._listing.rows
        page = await ask(None)
        if page is not None and question == self._question:
            self.reset()
            rows.put([])
            self.put(page)
            rows.action_first()
        rows.wants_top = False
        return False

    def _added(self, page: Page[RowT]) -> list[RowT]:
        """The rows of a page that are not there yet; those that are become what it has of them.

        A row comes twice where it moved in the order between two pages: it was renamed, or used.
        """
        rows = self._listing.rows
        newer = {rows.identify(row): row for row in page.items}
        known = {rows.identify(row) for row in rows.rows}
        if not known.isdisjoint(newer):
            rows.rows = [newer.get(rows.identify(row), row) for row in rows.rows]
        return [row for name, row in newer.items() if name not in known]

    def _size(self, index: int) -> int:
        """Returns the number of rows of a page: the first, or one of those after it."""
        if index:
            return self._sizes[index - 1]
        return len(self._listing.rows.rows) - sum(self._sizes)
