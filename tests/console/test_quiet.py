"""What a console at rest sends to the terminal and to the service: next to nothing."""

from datetime import timedelta
from typing import Any

import pytest
from tests.console.desk import Desk, Network
from textual._compositor import ChopsUpdate
from textual.app import App

from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.session import Link
from keyconsole.console.terminal.ansi_diff import Saving

pytestmark = pytest.mark.painted
IDENTITY = 0
BYTES_OF_A_PRESS = 400


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was handed to the terminal since the last look."""
    updates: list[Any] = []
    display = App._display

    def keep(app: App[Any], screen: Any, update: Any) -> None:
        updates.append(update)
        display(app, screen, update)

    monkeypatch.setattr(App, "_display", keep)
    return updates


def lines_of(drawn: list[Any]) -> set[int]:
    """The lines that were drawn again; a whole screen at once is a failure."""
    updates = [update for update in drawn if update is not None]
    assert all(isinstance(update, ChopsUpdate) for update in updates), updates
    return {line for update in updates for line, _, _ in update.spans}


async def poll(desk: Desk) -> None:
    for screen in desk.app.screen_stack:
        assert isinstance(screen, ConsoleScreen)
        screen.poll()
    await desk.settle()


async def test_a_list_that_is_as_it_was_is_not_drawn_again(
    keys_desk: Desk, drawn: list[Any]
) -> None:
    drawn.clear()
    await poll(keys_desk)

    assert lines_of(drawn) == set()


async def test_an_answer_that_took_longer_draws_one_line(keys_desk: Desk, drawn: list[Any]) -> None:
    drawn.clear()
    keys_desk.app.link = Link("ok", 47.0)
    await keys_desk.settle()

    assert "47 ms" in keys_desk.text
    assert lines_of(drawn) == {IDENTITY}


async def test_a_poll_draws_the_time_of_its_answers_once(
    keys_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many questions it asks: the frame is not drawn between two of them."""
    told: list[Link] = []
    monkeypatch.setattr(type(keys_desk.app), "answered", lambda app: told.append(app.link))
    await poll(keys_desk)

    assert len(told) == 1


async def test_time_draws_the_lines_that_tell_another_time(
    keys_desk: Desk, drawn: list[Any]
) -> None:
    await keys_desk.press("j", "k")  # Textual owes the whole of a list that was only laid out
    before = keys_desk.text.split("\n")
    drawn.clear()
    keys_desk.stage.now += timedelta(minutes=2)
    await poll(keys_desk)

    after = keys_desk.text.split("\n")
    changed = {y for y, line in enumerate(after) if line != before[y]}
    assert 0 < len(changed) < 7
    assert lines_of(drawn) <= changed | {IDENTITY}


async def test_a_row_that_is_another_is_drawn(keys_desk: Desk, drawn: list[Any]) -> None:
    await keys_desk.press("j", "k")
    key = keys_desk.rows[2]
    client = keys_desk.stage.client()
    await client.rename_key(key.public_key, "cron-worker-prod-1", version=key.version)
    drawn.clear()
    await poll(keys_desk)

    assert "cron-worker-prod-1" in keys_desk.text
    assert len(lines_of(drawn)) <= 2


async def test_a_press_in_a_list_writes_few_bytes(keys_desk: Desk, drawn: list[Any]) -> None:
    saving, sizes = Saving(), []
    await keys_desk.press("j", "k")  # Textual owes the whole of a list that was only laid out
    for key in ("j", "k") * 3:
        drawn.clear()
        await keys_desk.press(key)
        written = [update.render_segments(keys_desk.app.console) for update in drawn if update]
        sizes.append(len("".join(map(saving.lessen, written)).encode()))

    # Of a busy machine the age of what is shown is drawn between two presses, too.
    assert 0 < min(filter(None, sizes), default=0) <= BYTES_OF_A_PRESS, sizes


async def test_a_screen_below_another_asks_for_nothing(wired_desk: Desk, network: Network) -> None:
    await wired_desk.press("enter")
    asked = len(network.requests)
    for screen in wired_desk.app.screen_stack[:-1]:
        assert isinstance(screen, ConsoleScreen)
        screen.poll()
    await wired_desk.settle()

    assert len(network.requests) == asked
