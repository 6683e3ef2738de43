"""The end of the console by a signal, or because its terminal is gone."""

from __future__ import annotations

import asyncio
import functools
import signal
from typing import TYPE_CHECKING

from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from keyconsole.console.app import KeyconsoleApp

_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT")


def end_on_signals(app: KeyconsoleApp) -> None:
    """Leave the alternate screen and end on TERM, HUP, QUIT and INT, with 128 + the signal."""
    loop = asyncio.get_running_loop()
    for name in _ENDING:
        number = getattr(signal, name)
        try:
            loop.add_signal_handler(number, functools.partial(_end, app, number))
        except (NotImplementedError, RuntimeError, ValueError):
            return


def end_hung_up(app: KeyconsoleApp) -> None:
    """End because the terminal is gone, as SIGHUP would; there may be none, or it is ignored."""
    _end(app, signal.SIGHUP)


def end_if_pending(app: KeyconsoleApp) -> None:
    """End now if a signal came before the first frame, where an end would be a crash."""
    if app.pending_signal is not None:
        _end(app, app.pending_signal)


def _end(app: KeyconsoleApp, number: int) -> None:
    """End in order. What would be lost is asked about once where it can be, and told else."""
    if not app.is_ready:
        app.pending_signal = number
        return
    if number == signal.SIGINT and app.router.asks_before_leaving():
        return
    if (words := app.router.exit_warning()) is not None:
        app.failure = KeyconsoleError(words)
    app.exit(return_code=128 + number)
