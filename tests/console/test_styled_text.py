"""Text with roles: exactly as wide as asked, never markup."""

import pytest
from rich.cells import cell_len

from keyconsole.console import styled_text

WIDE = "日本語のラベル"
HOSTILE = "[@click=app.quit]x[/] [/foo] [red]"


def text_of(line: styled_text.Line) -> str:
    return "".join(text for text, _ in line)


def test_markup_is_drawn_as_it_is_and_acts_on_nothing() -> None:
    content = styled_text.draw((HOSTILE, "ink"), HOSTILE)

    assert content.plain == HOSTILE * 2
    assert all("click" not in str(span.style) for span in content.spans)


@pytest.mark.parametrize("text", ["", "short", "exactly ten", "much longer than it may be", WIDE])
@pytest.mark.parametrize("cells", [1, 2, 5, 10, 11, 40])
def test_a_fitted_line_is_exactly_as_wide_as_its_place(text: str, cells: int) -> None:
    assert styled_text.width(styled_text.fit([(text, "ink")], cells)) == cells


def test_nothing_fits_into_nothing() -> None:
    assert styled_text.fit([("text", "ink")], 0) == []


def test_what_does_not_fit_ends_in_an_ellipsis_and_keeps_its_roles() -> None:
    assert styled_text.fit([("api-", "dim"), ("gateway", "ink")], 8) == [
        ("api-", "dim"),
        ("gat", "ink"),
        ("…", "ink"),
    ]


def test_numbers_stand_on_the_right() -> None:
    assert text_of(styled_text.fit([("42", "ink")], 5, right=True)) == "   42"


def test_a_wide_character_that_would_be_halved_is_a_space() -> None:
    assert text_of(styled_text.cut([(WIDE, "ink")], 3)) == "日 "


@pytest.mark.parametrize("cells", [1, 2, 3, 8, 14, 20])
def test_a_shortened_text_takes_no_more_than_its_room(cells: int) -> None:
    assert cell_len(styled_text.shorten(WIDE, cells)) <= cells
    assert cell_len(styled_text.shorten("api-gateway-prod", cells)) <= cells


def test_a_state_is_a_glyph_and_a_word() -> None:
    assert styled_text.status_run("revoked") == ("✕ revoked", "red")
    assert styled_text.status_run("disabled 2 h", "disabled") == ("◐ disabled 2 h", "amber")
    assert styled_text.status_run("something new")[0] == "● something new"


def test_every_state_has_a_glyph_and_looks_alive_only_where_it_is() -> None:
    assert {word for word, (glyph, _) in styled_text.GLYPHS.items() if glyph == "●"} == {
        "active",
        "configured",
    }


def test_a_graph_is_as_wide_as_asked_and_full_at_its_highest() -> None:
    assert styled_text.spark([0, 1, 8], 3) == " ▁█"
    assert len(styled_text.spark([1] * 24, 12)) == 12


def test_a_graph_shows_little_use_as_more_than_none() -> None:
    assert styled_text.spark([1, 0, 1000], 3) == "▁ █"


def test_a_graph_puts_the_newest_on_the_right_when_hours_do_not_divide() -> None:
    assert styled_text.spark([0, 0, 0, 0, 9], 3)[-1] == "█"


@pytest.mark.parametrize("counts", [[], [0, 0, 0]])
def test_no_use_is_no_graph(counts: list[int]) -> None:
    assert styled_text.spark(counts, 12) == ""
