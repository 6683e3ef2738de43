"""Help: grouped, scrolled by every key that moves, and searched."""

import pytest
from tests.console.desk import Desk, sit_down
from tests.stage import Stage

from keyconsole.console.actions import ACTIONS, Group, Scope
from keyconsole.console.screens.framed import TINY
from keyconsole.console.screens.help import HelpScreen


def top(desk: Desk) -> float:
    return desk.see(HelpScreen).query_one("#evidence").scroll_y


async def test_it_is_in_groups_and_fits_a_large_terminal(keys_desk: Desk) -> None:
    await keys_desk.press("question_mark")

    for group in Group:
        assert group.value in keys_desk.text
    for action in ACTIONS:
        if Scope.KEYS in action.scopes and action.help:
            assert action.help.split(" ")[0] in keys_desk.words, action.name
    assert keys_desk.see(HelpScreen).query_one("#evidence").max_scroll_y == 0


@pytest.mark.parametrize(
    ("key", "back"), [("down", "up"), ("j", "k"), ("pagedown", "pageup"), ("end", "home")]
)
async def test_it_scrolls_by_the_keyboard(key: str, back: str, stage: Stage) -> None:
    async with sit_down(stage, size=TINY) as desk:
        await desk.press("question_mark")
        assert top(desk) == 0

        await desk.press(key)
        assert top(desk) > 0
        await desk.press(back)
        assert top(desk) == 0


async def test_the_last_line_can_be_reached(stage: Stage) -> None:
    async with sit_down(stage, size=TINY) as desk:
        await desk.press("question_mark")
        assert "Leave keyconsole" not in desk.text
        await desk.press("end")

        assert "Leave keyconsole" in desk.text


async def test_a_slash_searches_it(keys_desk: Desk) -> None:
    await keys_desk.press("question_mark", "slash")
    await keys_desk.write("marked")

    assert "Revoke the marked keys" in keys_desk.words
    assert "Leave keyconsole" not in keys_desk.words


async def test_what_is_not_there_is_said(keys_desk: Desk) -> None:
    await keys_desk.press("question_mark", "slash")
    await keys_desk.write("zebra")

    assert "Nothing here is called “zebra”." in keys_desk.words


async def test_escape_ends_the_search_and_then_the_help(keys_desk: Desk) -> None:
    await keys_desk.press("question_mark", "slash")
    await keys_desk.write("marked")
    assert "Leave keyconsole" not in keys_desk.words
    await keys_desk.press("escape")
    assert "Leave keyconsole" in keys_desk.words
    keys_desk.see(HelpScreen)

    await keys_desk.press("escape")

    assert not isinstance(keys_desk.app.screen, HelpScreen)


async def test_another_size_wraps_it_anew_at_once(keys_desk: Desk) -> None:
    await keys_desk.press("question_mark")
    await keys_desk.resize(60, 30)

    lines = [line for line in keys_desk.text.split("\n") if "│" in line]
    assert lines
    assert all(len(line.rstrip()) <= 60 for line in lines)
    assert "Change when the key expires." in keys_desk.words
