"""The last filter before the terminal: control and invisible characters are shown, not sent."""

import pytest
from rich.segment import ControlType, Segment
from textual.color import Color

from keyconsole.console.terminal.output_filter import OutputFilter


def guarded(*segments: Segment) -> list[Segment]:
    return OutputFilter().apply(list(segments), Color(0, 0, 0))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;eA==\a", "<U+001B>]52;c;eA==<U+0007>"),
        ("\x9b6n", "<U+009B>6n"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\U000e0041b", "a<U+E0041>b"),
    ],
)
def test_what_acts_or_hides_is_shown_by_the_last_filter(text: str, shown: str) -> None:
    assert [segment.text for segment in guarded(Segment(text))] == [shown]


def test_clean_lines_pass_untouched() -> None:
    segments = [Segment("api-gateway"), Segment(" prod")]

    assert OutputFilter().apply(segments, Color(0, 0, 0)) is segments
    assert guarded(Segment("日本 ● ✓ é"))[0].text == "日本 ● ✓ é"


def test_the_consoles_own_control_codes_pass() -> None:
    control = Segment("\x1b[?25l", None, [(ControlType.HIDE_CURSOR,)])

    assert guarded(control, Segment("é"))[0] is control
