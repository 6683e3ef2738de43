"""Text with roles: exactly as wide as asked, never markup."""

import pytest
from rich.cells import cell_len

from keyconsole.console import ink

WIDE = "日本語のラベル"
HOSTILE = "[@click=app.quit]x[/] [/foo] [red]"


def text_of(line: ink.Line) -> str:
    return "".join(text for text, _ in line)


def test_markup_is_drawn_as_it_is_and_acts_on_nothing() -> None:
    content = ink.draw((HOSTILE, "ink"), HOSTILE)

    assert content.plain == HOSTILE * 2
    assert all("click" not in str(span.style) for span in content.spans)


@pytest.mark.parametrize("text", ["", "short", "exactly ten", "much longer than it may be", WIDE])
@pytest.mark.parametrize("cells", [1, 2, 5, 10, 11, 40])
def test_a_fitted_line_is_exactly_as_wide_as_its_place(text: str, cells: int) -> None:
    assert ink.width(ink.fit([(text, "ink")], cells)) == cells


def test_nothing_fits_into_nothing() -> None:
    assert ink.fit([("text", "ink")], 0) == []


def test_what_does_not_fit_ends_in_an_ellipsis_and_keeps_its_roles() -> None:
    assert ink.fit([("api-", "dim"), ("gateway", "ink")], 8) == [
        ("api-", "dim"),
        ("gat", "ink"),
        ("…", "ink"),
    ]


def test_numbers_stand_on_the_right() -> None:
    assert text_of(ink.fit([("42", "ink")], 5, right=True)) == "   42"


def test_a_wide_character_that_would_be_halved_is_a_space() -> None:
    assert text_of(ink.cut([(WIDE, "ink")], 3)) == "日 "


@pytest.mark.parametrize("cells", [1, 2, 3, 8, 14, 20])
def test_a_shortened_text_takes_no_more_than_its_room(cells: int) -> None:
    assert cell_len(ink.shorten(WIDE, cells)) <= cells
    assert cell_len(ink.shorten("api-gateway-prod", cells)) <= cells


def test_a_state_is_a_glyph_and_a_word() -> None:
    assert ink.status_run("revoked") == ("✕ revoked", "red")
    assert ink.status_run("disabled 2 h", "disabled") == ("◐ disabled 2 h", "amber")
    assert ink.status_run("something new")[0] == "● something new"


def test_every_state_has_a_glyph_and_looks_alive_only_where_it_is() -> None:
    assert {word for word, (glyph, _) in ink.GLYPHS.items() if glyph == "●"} == {
        "active",
        "configured",
    }


def test_a_graph_is_as_wide_as_asked_and_full_at_its_highest() -> None:
    assert ink.spark([0, 1, 8], 3) == " ▁█"
    assert len(ink.spark([1] * 24, 12)) == 12


def test_a_graph_shows_little_use_as_more_than_none() -> None:
    assert ink.spark([1, 0, 1000], 3) == "▁ █"


def test_a_graph_puts_the_newest_on_the_right_when_hours_do_not_divide() -> None:
    assert ink.spark([0, 0, 0, 0, 9], 3)[-1] == "█"


@pytest.mark.parametrize("counts", [[], [0, 0, 0]])
def test_no_use_is_no_graph(counts: list[int]) -> None:
    assert ink.spark(counts, 12) == ""
