"""The names of Textual that the console relies on, though they are private."""

import pytest
from textual.app import App
from textual.timer import Timer
from textual.widget import Widget

from keyconsole.console.terminal.textual_compat import CompatibleApp, children_of, driver_of


@pytest.mark.parametrize("name", ["_background_screens", "_close_messages_no_wait", "_fatal_error"])
def test_what_is_replaced_or_called_is_there(name: str) -> None:
    assert hasattr(App, name)


def test_a_timer_can_be_told_to_skip_nothing() -> None:
    timer = Timer(Widget(), 1.0)

    assert timer._skip is True


def test_an_app_has_filters_a_clipboard_and_no_driver_before_it_runs() -> None:
    app = CompatibleApp()
    app.line_filters = app.line_filters[:1]
    app.keep_clipboard("text")

    assert app.line_filters == app._filters
    assert app.clipboard == "text"
    assert driver_of(app) is None


def test_children_are_known_before_the_widget_is_mounted() -> None:
    child = Widget()

    assert list(children_of(Widget(child))) == [child]
