"""The list over fetched pages: a row costs nothing until it is looked at."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from tests.hands import press, settle
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from keyconsole.console.styled_text import Line
from keyconsole.console.theme import DARK, THEME_NAME, build_theme, variables
from keyconsole.console.widgets.columns import Column
from keyconsole.console.widgets.listing import Listing, ListRows
from keyconsole.console.widgets.messages import MoreWanted

pytestmark = pytest.mark.painted
MANY = 100_000
HEIGHT = 24


@dataclass
class Drawn:
    """Which rows were asked to be drawn."""

    rows: list[str] = field(default_factory=list)

    def cell(self, row: str) -> Line:
        self.rows.append(row)
        return [(row, "ink")]


class ListApp(App[None]):
    """Nothing but a list."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = Drawn()
        self.more = 0
        self.listing: Listing[str] = Listing([Column("Label", self.drawn.cell, 20)], str)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(DARK)

    def compose(self) -> ComposeResult:
        yield self.listing

    def on_mount(self) -> None:
        self.register_theme(build_theme(DARK))
        self.theme = THEME_NAME
        self.listing.rows.focus()

    def on_more_wanted(self, event: MoreWanted) -> None:
        self.more += 1


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with ListApp().run_test(size=(80, HEIGHT)) as ready:
        yield ready


def parts(pilot: Pilot[None]) -> tuple[ListApp, ListRows[str]]:
    app = pilot.app
    assert isinstance(app, ListApp)
    return app, app.listing.rows


def names(count: int) -> list[str]:
    return [f"row {number:06d}" for number in range(count)]


async def test_of_a_hundred_thousand_rows_only_those_on_the_screen_are_drawn(
    pilot: Pilot[None],
) -> None:
    app, rows = parts(pilot)
    rows.put(names(MANY))
    await settle(pilot)

    assert set(app.drawn.rows) <= set(names(HEIGHT))
    assert rows.virtual_size.height == MANY


async def test_the_last_of_them_is_one_key_away_and_as_cheap(pilot: Pilot[None]) -> None:
    app, rows = parts(pilot)
    rows.put(names(MANY))
    await settle(pilot)
    app.drawn.rows.clear()
    await press(pilot, "G")

    assert rows.current == f"row {MANY - 1:06d}"
    assert len(set(app.drawn.rows)) <= 2 * HEIGHT
    assert rows.current in app.drawn.rows


async def test_a_step_draws_two_rows(pilot: Pilot[None]) -> None:
    app, rows = parts(pilot)
    rows.put(names(MANY))
    await settle(pilot)
    app.drawn.rows.clear()
    await press(pilot, "down")

    assert set(app.drawn.rows) == {"row 000000", "row 000001"}


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["down", "j", "down", "up", "k"], 1),
        (["up"], 0),
        (["end"], 99),
        (["end", "down"], 99),
        (["end", "home"], 0),
        (["pagedown", "pageup"], 0),
        (["ctrl+d", "ctrl+u"], 0),
    ],
)
async def test_keys_move_the_cursor_and_never_beyond(
    pilot: Pilot[None], keys: list[str], index: int
) -> None:
    _, rows = parts(pilot)
    rows.put(names(100))
    await settle(pilot)
    await press(pilot, *keys)

    assert rows.cursor == index


async def test_a_page_is_a_screen_less_a_line(pilot: Pilot[None]) -> None:
    _, rows = parts(pilot)
    rows.put(names(100))
    await settle(pilot)
    await press(pilot, "pagedown")

    assert rows.cursor == rows.size.height - 1


async def test_the_row_under_the_cursor_stays_and_so_does_its_place_on_the_screen(
    pilot: Pilot[None],
) -> None:
    _, rows = parts(pilot)
    rows.put(names(100))
    await settle(pilot)
    rows.select("row 000050")
    await settle(pilot)
    line = rows.cursor - round(rows.scroll_y)

    rows.put(["new 1", "new 2", *names(100)])
    await settle(pilot)

    assert rows.current == "row 000050"
    assert rows.cursor - round(rows.scroll_y) == line


async def test_when_its_row_is_gone_the_cursor_stays_where_it_was(pilot: Pilot[None]) -> None:
    _, rows = parts(pilot)
    rows.put(names(10))
    rows.select("row 000009")
    rows.put(names(5))
    await settle(pilot)

    assert rows.current == "row 000004"
    rows.put([])
    await settle(pilot)
    assert rows.current is None
    await press(pilot, "down", "G")
    assert rows.current is None


async def test_more_is_asked_for_near_both_ends_and_not_between(pilot: Pilot[None]) -> None:
    app, rows = parts(pilot)
    rows.put(names(500))
    rows.select("row 000250")
    await settle(pilot)
    await press(pilot, "down")
    assert app.more == 0

    await press(pilot, "G")
    assert app.more > 0


async def test_a_row_that_is_not_there_cannot_be_selected(pilot: Pilot[None]) -> None:
    _, rows = parts(pilot)
    rows.put(names(3))

    assert not rows.select("row 000009")
    assert rows.cursor == 0
