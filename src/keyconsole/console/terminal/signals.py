"""The end of the console by a signal, or because its terminal is gone."""

from __future__ import annotations

import asyncio
import functools
import signal
from typing import Protocol

_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT")


class Console(Protocol):
    """The app, as far as its terminal may use it."""

    def end_by_signal(self, number: int) -> None:
        """Ends in order, with 128 + the number of the signal."""

    def redraw(self) -> None:
        """Draws the whole screen again."""


def end_on_signals(app: Console) -> None:
    """Leave the alternate screen and end on TERM, HUP, QUIT and INT, with 128 + the signal."""
    loop = asyncio.get_running_loop()
    for name in _ENDING:
        number = getattr(signal, name)
        try:
            loop.add_signal_handler(number, functools.partial(app.end_by_signal, number))
        except (NotImplementedError, RuntimeError, ValueError):
            return


def end_hung_up(app: Console) -> None:
    """End because the terminal is gone, as SIGHUP would; there may be none, or it is ignored."""
    app.end_by_signal(signal.SIGHUP)
