"""A list holds a window of pages: what is scrolled far away is let go, and comes back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.console.widgets.test_listing import ListApp
from tests.hands import settle
from textual.pilot import Pilot

from keyconsole.console import workers
from keyconsole.console.widgets.messages import MoreWanted
from keyconsole.console.widgets.paging import KEPT_PAGES, Pages
from keyconsole.wire import Page

SIZE = 50
PAGES = KEPT_PAGES + 4
STRIDE = 5
"""Steps between two looks at whether a page is asked for, fewer than the rows ahead of one."""


class PagedApp(ListApp):
    """A list of many pages, each asked for when the cursor comes near."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = Pages(self.listing)
        self.asked: list[int] = []
        self.most = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def on_mount(self) -> None:
        super().on_mount()
        self.pages.put(page(0))

    def on_more_wanted(self, event: MoreWanted) -> None:
        workers.start(self, self._fetch, "next")

    async def _fetch(self) -> None:
        await self.pages.fetch_next(self._ask)
        self.most = max(self.most, len(self.listing.rows.rows))

    async def _ask(self, cursor: str | None) -> Page[str]:
        self.asked.append(int(cursor or 0))
        await self.may_answer.wait()
        return page(int(cursor or 0))


def page(number: int) -> Page[str]:
    rows = [f"row {number * SIZE + place:05}" for place in range(SIZE)]
    following = str(number + 1) if number + 1 < PAGES else None
    return Page[str].model_construct(items=rows, next_cursor=following)


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with PagedApp().run_test(size=(80, 24)) as ready:
        yield ready


def app_of(pilot: Pilot[None]) -> PagedApp:
    assert isinstance(pilot.app, PagedApp)
    return pilot.app


async def go_to_the_end(pilot: Pilot[None]) -> list[str | None]:
    """Every row that the cursor came upon, step by step of a screenful."""
    rows = app_of(pilot).listing.rows
    seen: list[str | None] = []
    while rows.current != f"row {PAGES * SIZE - 1:05}":
        rows.action_move(1)
        seen.append(rows.current)
        if len(seen) % STRIDE == 0:
            await settle(pilot)
    await settle(pilot)
    return seen


async def test_rows_do_not_grow_with_the_list_and_none_is_skipped(pilot: Pilot[None]) -> None:
    app = app_of(pilot)
    seen = await go_to_the_end(pilot)
    assert seen == [f"row {number:05}" for number in range(1, PAGES * SIZE)]
    assert app.most <= (KEPT_PAGES + 1) * SIZE
    assert len(app.listing.rows.rows) <= KEPT_PAGES * SIZE


@pytest.mark.parametrize("presses", [1, 2, 7])
async def test_a_page_that_is_long_on_its_way_is_asked_for_once_and_comes(
    pilot: Pilot[None], presses: int
) -> None:
    app = app_of(pilot)
    rows = app.listing.rows
    app.may_answer.clear()
    for _ in range(presses):
        rows.action_last()
        await pilot.pause()
    assert app.asked == [1]
    assert app.pages.has_more

    app.may_answer.set()
    await settle(pilot)
    assert app.asked == [1]
    assert len(rows.rows) == 2 * SIZE
    assert rows.current == f"row {SIZE - 1:05}"


async def test_home_is_gone_to_though_a_page_below_is_on_its_way(pilot: Pilot[None]) -> None:
    app = app_of(pilot)
    rows = app.listing.rows
    while not app.pages.reached > (KEPT_PAGES + 1) * SIZE:
        rows.action_last()
        await settle(pilot)
    app.may_answer.clear()
    rows.action_last()
    await pilot.pause()
    rows.action_first()
    await pilot.pause()
    app.may_answer.set()
    await settle(pilot)
    assert rows.current == "row 00000"


async def test_a_page_that_failed_is_asked_for_again_at_the_next_step(pilot: Pilot[None]) -> None:
    app = app_of(pilot)
    answers = [None, page(1)]

    async def ask(_: str | None) -> Page[str] | None:
        return answers.pop(0)

    app.listing.rows.action_last()
    await app.pages.fetch_next(ask)
    assert len(app.listing.rows.rows) == SIZE
    await app.pages.fetch_next(ask)
    assert len(app.listing.rows.rows) == 2 * SIZE


async def test_pages_without_rows_are_not_followed_for_ever(pilot: Pilot[None]) -> None:
    app = app_of(pilot)
    asked = []

    async def ask(cursor: str | None) -> Page[str]:
        asked.append(cursor)
        return Page[str].model_construct(items=[], next_cursor="2")

    app.listing.rows.action_last()
    await app.pages.fetch_next(ask)
    assert asked == ["1"]


async def test_a_row_that_comes_again_is_one_row_with_what_is_newer(pilot: Pilot[None]) -> None:
    """It moved down in the order between two pages: the second brings it again."""
    app = app_of(pilot)
    rows = app.listing.rows
    rows.identify = lambda row: row[:9]
    moved = Page[str].model_construct(
        items=["row 00007 renamed", "row 00050", "row 00051"], next_cursor=None
    )
    rows.action_last()

    async def ask(_: str | None) -> Page[str]:
        return moved

    await app.pages.fetch_next(ask)
    assert [row[:9] for row in rows.rows] == [f"row {number:05}" for number in range(52)]
    assert rows.rows[7] == "row 00007 renamed"
    assert app.pages.reached == 52


async def test_all_that_was_fetched_counts_what_was_let_go_too(pilot: Pilot[None]) -> None:
    app = app_of(pilot)
    await go_to_the_end(pilot)
    assert app.pages.reached == PAGES * SIZE


async def test_what_was_let_go_comes_back_in_its_order(pilot: Pilot[None]) -> None:
    rows = app_of(pilot).listing.rows
    await go_to_the_end(pilot)
    for number in range(PAGES * SIZE - 2, -1, -1):
        rows.action_move(-1)
        assert rows.current == f"row {number:05}"
        if number % STRIDE == 0:
            await settle(pilot)
    assert len(rows.rows) <= (KEPT_PAGES + 1) * SIZE
    rows.action_move(1)
    assert rows.current == "row 00001"


async def test_home_goes_to_the_very_first_row(pilot: Pilot[None]) -> None:
    rows = app_of(pilot).listing.rows
    await go_to_the_end(pilot)
    rows.action_first()
    await settle(pilot)
    assert rows.current == "row 00000"


async def test_a_fresh_first_page_changes_nothing_that_is_far_below_it(
    pilot: Pilot[None],
) -> None:
    app = app_of(pilot)
    await go_to_the_end(pilot)
    before = list(app.listing.rows.rows)
    app.pages.put(page(0))
    assert app.listing.rows.rows == before
