"""What is selected with the mouse and copied: never nothing, and what went where is said."""

import base64
import re

import pytest
from tests.console.desk import Desk

from keyconsole.console.terminal.clipboard import size_of

OSC52 = re.compile(r"\x1b\]52;c;([^\a]*)\a")


def sent(desk: Desk) -> list[str]:
    """What was sent to the terminal's clipboard."""
    found = OSC52.findall("".join(desk.written))
    return [base64.b64decode(each).decode() for each in found]


async def drag(desk: Desk, widget: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    await desk.pilot.mouse_down(widget, offset=start)
    await desk.pilot.hover(widget, offset=end)
    await desk.pilot.mouse_up(widget, offset=end)
    await desk.settle()


async def test_a_drag_over_a_list_sends_nothing(keys_desk: Desk) -> None:
    await drag(keys_desk, "ListRows", (5, 0), (30, 2))
    await keys_desk.press("ctrl+c")

    assert sent(keys_desk) == []


async def test_an_empty_selection_sends_nothing(keys_desk: Desk) -> None:
    keys_desk.app.copy_to_clipboard("")
    await keys_desk.settle()

    assert sent(keys_desk) == []
    assert "Nothing is selected" in keys_desk.words


async def test_what_is_selected_on_a_page_is_copied_and_its_length_said(keys_desk: Desk) -> None:
    await keys_desk.press("enter")
    await drag(keys_desk, "#key-card", (16, 1), (36, 1))
    await keys_desk.press("ctrl+c")

    [text] = sent(keys_desk)
    assert text.startswith("kcp_")
    assert f"{size_of(text)}: sent to your terminal's clipboard" in keys_desk.words


async def test_cutting_nothing_out_of_a_field_sends_nothing(keys_desk: Desk) -> None:
    await keys_desk.press("n", "ctrl+x")

    assert sent(keys_desk) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "1 character"),
        ("x" * 1200, "1,200 characters"),
        ("a\nb\n", "2 lines, 4 characters"),
    ],
)
def test_a_size_is_told_in_words(text: str, told: str) -> None:
    assert size_of(text) == told
