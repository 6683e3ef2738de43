"""Everything that relies on private names of Textual 8, or mends a fault of it.

A new version of Textual is tried here first. `tests/console/test_textual_compat.py` says which
names have to be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._time import get_time
from textual._xterm_parser import (
    BRACKETED_PASTE_START,
    SPECIAL_SEQUENCES,
    XTermParser,
    _re_cursor_position,
    _re_extended_key,
    _re_in_band_window_resize,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.app import App
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.timer import Timer, TimerCallback
    from textual.widget import Widget

__all__ = [
    "ANSI_SEQUENCES_KEYS",
    "BRACKETED_PASTE_START",
    "KNOWN_SEQUENCES",
    "SPECIAL_SEQUENCES",
    "CompatibleApp",
    "XTermParser",
    "children_of",
    "driver_of",
    "event_time",
    "key_name",
]


def key_name(key: str) -> str:
    """Returns Textual's name of a key that is written as in the table of keys."""
    return _character_to_key(key) if len(key) == 1 else key


event_time = get_time
"""The clock of `Event.time`, in seconds."""

KNOWN_SEQUENCES = (
    _re_extended_key,
    _re_mouse_event,
    _re_terminal_mode_response,
    _re_cursor_position,
    _re_in_band_window_resize,
)
"""The patterns of sequences that Textual's parser understands."""


class CompatibleApp(App[None]):
    """An app whose timers always fire, and which draws the top screen only."""

    def set_timer(
        self, delay: float, callback: TimerCallback | None = None, **options: Any
    ) -> Timer:
        """Calls `callback` once after `delay` seconds, however busy the machine is.

        Textual 8 leaves the call out where the time was over before it began to wait, and for a
        change of size (8 ms) that is all it takes: that size and every later one would be lost.
        """
        timer = super().set_timer(delay, callback, **options)
        timer._skip = False  # there is no argument for it
        return timer

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """Nothing shows through a screen here.

        Textual takes the one below the top for visible always: it would be drawn, the whole of
        it, with every change in either, and ask the service as if somebody looked at it.
        """
        return []

    @property
    def line_filters(self) -> list[LineFilter]:
        """The filters that every drawn line passes, in this order."""
        return list(self._filters)

    @line_filters.setter
    def line_filters(self, filters: Sequence[LineFilter]) -> None:
        self._filters = list(filters)

    def keep_clipboard(self, text: str) -> None:
        """Keeps a text for ctrl+v, without sending it anywhere."""
        self._clipboard = text

    def close_messages(self) -> None:
        """Ends the app at once, as `App._fatal_error` does after its own report."""
        self._close_messages_no_wait()

    def redraw(self) -> None:
        """Draws the whole screen again, for a terminal that missed a part of it."""
        if self.screen_stack:
            self.screen.refresh(layout=True)


def driver_of(app: App[Any]) -> Driver | None:
    """Returns what writes to the terminal of `app`; nothing where it has none."""
    return app._driver


def children_of(widget: Widget) -> Sequence[Widget]:
    """Returns the children, also before `widget` is mounted."""
    return widget.children or widget._pending_children
