"""What must hold whatever happens: no secret in a crash, a restored terminal, clean output."""

from __future__ import annotations

import asyncio
import functools
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.filter import LineFilter

from keyconsole.core import safetext
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from textual.color import Color

    from keyconsole.console.app import KeyconsoleApp

_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT")


class OutputGuard(LineFilter):
    """The last guard before the terminal: nothing that acts or hides gets past it.

    Text is made safe where it comes in; this catches what a mistake let through. Line widths
    may be off by what is shown instead, the terminal is not.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments, with intruders shown instead of sent."""
        if all(text.isascii() and text.isprintable() for text, _, _ in segments):
            return segments
        return [
            segment if segment.control else Segment(safetext.show(segment.text), segment.style)
            for segment in segments
        ]


def ignores(event: events.Event, *, tiny: bool) -> bool:
    """Whether an event must not reach the screen: keys on one too small to be read."""
    return tiny and isinstance(event, events.Key | events.Paste | events.MouseEvent)


def report_crash(app: KeyconsoleApp) -> None:
    """End after an unhandled exception: a traceback without locals, credentials cut out."""
    from keyconsole.core import credentialtext

    error = sys.exc_info()[1]
    lines = traceback.format_exception(error) if error else []
    app.failure = KeyconsoleError(
        "Something went wrong inside the console; nothing was changed by that.\n"
        + credentialtext.redact("".join(lines))
    )
    app._close_messages_no_wait()  # noqa: SLF001 - what App._fatal_error itself ends with


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


def end_if_told(app: KeyconsoleApp) -> None:
    """End now, if a signal came before the first frame: an end in the midst of it is a crash."""
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


def draw_anew(app: KeyconsoleApp) -> None:
    """Draw the whole screen again, for a terminal that missed a part of it."""
    if app.screen_stack:
        app.screen.refresh(layout=True)
