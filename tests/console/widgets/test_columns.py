"""Which columns stay when the list is narrow, and how wide they are."""

import itertools

import pytest

from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.styled_text import Line, width
from keyconsole.console.widgets.columns import Column, Layout, arrange
from keyconsole.console.widgets.key_list import KeyList
from keyconsole.text.times import now

ROW = ["api-gateway-prod", "kcp_7k2m4q9x0a1b2c3d", "active", "12"]


def cell(index: int, text: str = "") -> "Column[list[str]]":
    def draw(row: list[str]) -> Line:
        return [(row[index], "ink")]

    return Column(f"C{index}", draw, 10, leaves=index)


def shown(layout: "Layout[list[str]]") -> list[str]:
    return [placed.column.title for placed in layout.placed]


def test_all_columns_stay_where_there_is_room() -> None:
    columns = [cell(0), cell(1), cell(2)]

    assert shown(arrange(columns, 100, [0] * 3)) == ["C0", "C1", "C2"]


def test_columns_leave_in_their_order_and_those_without_one_never() -> None:
    columns = [cell(0), cell(2), cell(1)]

    assert shown(arrange(columns, 33, [0] * 3)) == ["C0", "C2"]
    assert shown(arrange(columns, 21, [0] * 3)) == ["C0"]
    assert shown(arrange(columns, 3, [0] * 3)) == ["C0"]


def test_a_column_is_shortened_before_a_late_one_leaves() -> None:
    def draw(row: list[str]) -> Line:
        return [(row[1], "ink")]

    def short(row: list[str]) -> Line:
        return [(row[1][-4:], "ink")]

    key: Column[list[str]] = Column("Key", draw, 20, short=short, short_width=4)
    columns = [key, cell(3)]

    layout = arrange(columns, 20, [0] * 2)

    assert shown(layout) == ["Key", "C3"]
    assert "".join(text for text, _ in layout.line(ROW)).startswith("2c3d")


def test_the_others_leave_before_a_column_that_is_to_be_whole_is_cut() -> None:
    name: Column[list[str]] = Column("Name", lambda row: [(row[0], "ink")], 8, most=30, whole=True)
    columns = [name, cell(0), cell(1), cell(3)]

    assert shown(arrange(columns, 46, [8, 0, 0, 0])) == ["Name", "C0", "C1", "C3"]
    assert shown(arrange(columns, 46, [24, 0, 0, 0])) == ["Name", "C0"]
    layout = arrange(columns, 30, [60, 0, 0, 0])
    assert shown(layout) == ["Name", "C0"]
    assert not layout.shows("Name", 30)
    assert layout.shows("C0", 10)


def test_a_column_grows_towards_its_widest_text_and_no_further() -> None:
    column: Column[list[str]] = Column("L", lambda row: [(row[0], "ink")], 4, most=12)

    assert arrange([column], 80, [8]).placed[0].cells == 8
    assert arrange([column], 80, [50]).placed[0].cells == 12
    assert arrange([column], 6, [50]).placed[0].cells == 6


@pytest.mark.parametrize("cells", range(24, 140))
def test_a_line_never_takes_more_than_there_is(cells: int) -> None:
    columns = [cell(0), cell(1), cell(2), cell(3)]

    assert width(arrange(columns, cells, [0] * 4).line(ROW)) <= cells
    assert width(arrange(columns, cells, [0] * 4).titles()) <= cells


@pytest.mark.parametrize("cells", [40, 54, 74, 94, 114])
def test_label_public_key_and_status_of_a_key_never_leave(cells: int) -> None:
    layout = arrange(KeyList(now).listing.rows.columns, cells, [20] * 6)
    titles = [placed.column.title.split()[0] for placed in layout.placed]

    assert titles[:3] == ["Label", "Public", "Status"]
    assert sum(placed.cells for placed in layout.placed) <= cells


@pytest.mark.parametrize("cells", [50, 54, 74, 94, 114])
def test_name_and_status_of_an_integration_never_leave(cells: int) -> None:
    layout = arrange(IntegrationsScreen().listing.rows.columns, cells, [20] * 7)
    titles = [placed.column.title for placed in layout.placed]

    assert {"Name", "Status"} <= set(titles)
    assert sum(placed.cells for placed in layout.placed) <= cells


def test_where_a_key_was_used_from_leaves_before_when_it_was_made() -> None:
    columns = KeyList(now).listing.rows.columns
    titles = [
        [placed.column.title for placed in arrange(columns, cells, [0] * len(columns)).placed]
        for cells in range(114, 40, -1)
    ]
    left = [
        title
        for wider, narrower in itertools.pairwise(titles)
        for title in wider
        if title not in narrower
    ]

    assert left[:3] == ["From", "Owner", "Created"]
