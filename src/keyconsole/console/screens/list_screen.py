"""A screen that is one list: fetched page by page as the cursor comes near, kept fresh."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType

from keyconsole.console import workers
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.widgets.columns import drawn
from keyconsole.console.widgets.filter import FilterBar
from keyconsole.console.widgets.listing import Listing
from keyconsole.console.widgets.paging import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel
    from textual.widget import Widget

    from keyconsole.console.styled_text import Line, Run
    from keyconsole.console.widgets.columns import Column as DrawnColumn
    from keyconsole.text.columns import Column
    from keyconsole.wire import Page

RowT = TypeVar("RowT", bound="BaseModel")


class ListScreen(ConsoleScreen, Generic[RowT]):
    """A screen says what is asked, what it means that nothing came, and what Enter does.

    An answer to what is no longer asked is dropped.
    """

    OPENS: ClassVar[str] = "open"
    """The action of Enter, or of a click, on a row."""
    SAVED_AS: ClassVar[str]
    """The name of its file in `export_files.FILES`."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("g", "first", show=False)]

    def __init__(self, listing: Listing[RowT]) -> None:
        super().__init__()
        self.listing = listing
        self.pages: Pages[RowT] = Pages(listing)

    def listing_of(
        self,
        columns: Sequence[Column[RowT]],
        identify: Callable[[RowT], str],
        **lines: Callable[[RowT], Line],
    ) -> Listing[RowT]:
        """Returns a list of these columns; see `drawn`."""
        return Listing(self.drawn(columns, identify, **lines), identify)

    def drawn(
        self,
        columns: Sequence[Column[RowT]],
        identify: Callable[[RowT], str],
        **lines: Callable[[RowT], Line],
    ) -> Sequence[DrawnColumn[RowT]]:
        """Returns columns as they are drawn here, by the clock and the cursor of the screen."""

        def is_current(row: RowT) -> bool:
            return self.listing.rows.current_id == identify(row)

        return drawn(columns, lambda: self.console_app.clock(), is_current, **lines)

    # Defined by each screen

    def question(self) -> object:
        """Returns the current question. An answer to another one is dropped."""
        return None

    async def page(self, cursor: str | None = None) -> Page[RowT]:
        """One page of the answer."""
        raise NotImplementedError

    async def file_page(self, cursor: str | None = None) -> Page[RowT]:
        """Returns one page of a file of the list."""
        return await self.page(cursor)

    def nothing(self) -> Sequence[Run]:
        """Returns the text for an empty list."""
        raise NotImplementedError

    def moved(self) -> None:
        """The cursor is on another row."""

    def begins_in(self) -> Widget:
        """Returns the widget that has the focus when the screen is opened."""
        return self.listing.rows

    def home(self) -> Widget:
        return self.listing.rows

    # Shared by every list

    @property
    def current(self) -> RowT | None:
        """The row under the cursor."""
        return self.listing.rows.current

    def subject(self) -> object | None:
        return self.current

    @property
    def count(self) -> str:
        """The number of rows fetched, with a plus if there are more; empty before an answer."""
        if not self.pages.is_known:
            return ""
        return f"{len(self.listing.rows.rows):,}{'+' if self.pages.has_more else ''}"

    def count_of(self, one: str) -> str:
        """The same with the word for what is counted."""
        plural = "" if len(self.listing.rows.rows) == 1 else "s"
        return f"{self.count} {one}{plural}" if self.count else ""

    def on_mount(self) -> None:
        self.begins_in().focus()

    async def fetch(self) -> None:
        asked = self.question()
        page = await self.page()
        if asked == self.question():
            self.put(page)

    def put(self, page: Page[RowT]) -> None:
        """Show the first page anew."""
        self.pages.put(page)
        self.say_if_empty()

    def say_if_empty(self) -> None:
        """A sentence where there is no row to show."""
        self.listing.say_empty(*(() if self.listing.rows.rows else self.nothing()))

    def ask_anew(self) -> None:
        """Another question is asked from now on."""
        self.pages.reset()
        self.reload()

    def forget_rows(self) -> None:
        """Show nothing of what was shown."""
        self.pages.reset()
        self.listing.rows.put([])

    def on_cursor_moved(self) -> None:
        self.moved()
        self.update_frame()

    async def on_row_picked(self) -> None:
        await self.run_action(self.OPENS)

    def on_filter_left(self) -> None:
        self.listing.rows.focus()

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def on_more_wanted(self) -> None:
        workers.start(self, self._fetch_next, "next")

    async def _fetch_next(self) -> None:
        await self.pages.fetch_next(lambda cursor: self.ask(partial(self.page, cursor)))
        self.update_frame()

    def action_first(self) -> None:
        self.listing.rows.action_first()

    @property
    def has_rows(self) -> bool:
        return bool(self.listing.rows.rows)

    def action_save_list(self) -> None:
        self.save_list(self.SAVED_AS, self.file_page)
