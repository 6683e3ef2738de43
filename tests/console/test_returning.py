"""Coming to a screen and back to it: it asks once, and the list has the focus."""

import pytest
from tests.console.desk import Desk, Network, sit_down
from tests.stage import Stage

from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.widgets.listing import ListRows


async def test_after_a_click_on_generate_enter_opens_the_key(keys_desk: Desk) -> None:
    await keys_desk.click("#generate")
    keys_desk.see(CreateKeyScreen)
    await keys_desk.press("escape")

    assert isinstance(keys_desk.see(IntegrationScreen).focused, ListRows)
    await keys_desk.press("enter")
    keys_desk.see(KeyScreen)


async def test_after_every_way_out_the_list_has_the_focus(keys_desk: Desk) -> None:
    screen = keys_desk.see(IntegrationScreen)
    for key in ("i", "A", "exclamation_mark", "w", "L", "T", "colon", "question_mark", "ctrl+f"):
        screen.generate.focus()
        await keys_desk.press(key)
        assert keys_desk.app.screen is not screen, key
        await keys_desk.press("escape")

        assert isinstance(keys_desk.see(IntegrationScreen).focused, ListRows), key


async def test_the_first_list_has_the_focus_too(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        await desk.press("enter", "escape")

        assert isinstance(desk.app.screen.focused, ListRows)


@pytest.mark.parametrize(
    ("key", "address"),
    [("T", "/rotations"), ("A", "/audit"), ("w", "/refusals"), ("L", "/label-audit")],
)
async def test_a_screen_that_is_opened_asks_once(
    key: str, address: str, wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press(key)

    assert len(network.sent("GET", address)) == 1
