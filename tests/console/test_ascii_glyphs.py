"""ASCII where the terminal is not UTF-8, one cell for one."""

from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

import keyconsole.console
import keyconsole.text
from keyconsole.console.styled_text import GLYPHS
from keyconsole.console.terminal.ascii_glyphs import (
    TWINS,
    AsciiGlyphs,
    WholeCellScrollBar,
    plain,
    speaks_utf8,
)

SOURCES = (Path(keyconsole.console.__file__).parent, Path(keyconsole.text.__file__).parent)


@pytest.mark.parametrize(
    ("environ", "speaks"),
    [
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "de_DE.utf8"}, True),
        ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LANG": "C"}, False),
        ({}, False),
    ],
)
def test_the_locale_says_what_a_terminal_can_show(environ: dict[str, str], speaks: bool) -> None:
    assert speaks_utf8(environ) is speaks


def test_every_glyph_of_the_console_has_a_twin_of_its_width() -> None:
    used = {
        character
        for source in SOURCES
        for path in source.rglob("*.py")
        for character in path.read_text()
        if not character.isascii()
    }
    for character in used - set("é日本"):
        twin = plain(character)
        assert twin != "?", f"{character} has no twin"
        assert len(twin) == cell_len(character), character


def test_no_two_states_share_a_twin_and_a_word() -> None:
    shown = {(plain(glyph), word) for word, (glyph, _) in GLYPHS.items()}

    assert len(shown) == len(GLYPHS)
    assert {twin for twin, _ in shown} == set("*o~x")


def test_what_has_no_twin_keeps_its_cells() -> None:
    assert plain("日本 é …") == "???? ? ."
    (segment,) = AsciiGlyphs().apply([Segment("● 日")], Color(0, 0, 0))
    assert segment.text == "* ??"
    assert all(len(str(twin)) == 1 for twin in TWINS.values())


@pytest.mark.parametrize("position", range(0, 31, 3))
@pytest.mark.parametrize("vertical", [True, False])
def test_a_scroll_bar_draws_no_character(position: int, vertical: bool) -> None:
    bar = WholeCellScrollBar.render_bar(
        size=7, virtual_size=50, window_size=20, position=position, vertical=vertical
    )

    assert not "".join(segment.text for segment in bar.segments).strip()
