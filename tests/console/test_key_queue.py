"""Events that come from a person."""

import pytest
from textual import events
from textual.geometry import Size

from keyconsole.console.terminal.key_queue import is_input


@pytest.mark.parametrize(
    "event",
    [
        events.Key("x", "x"),
        events.Paste("x"),
        events.MouseDown(None, 0, 0, 0, 0, 1, False, False, False),
    ],
)
def test_keys_pastes_and_the_mouse_are_input(event: events.Event) -> None:
    assert is_input(event)
    assert not is_input(events.Resize(Size(80, 24), Size(80, 24)))
