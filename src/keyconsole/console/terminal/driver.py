"""The terminal that the console runs on: one that is slow, odd, or gone must not hurt.

Textual's driver with three parts of its own: what is read (`input_parser`), what is written
(`output_writer`), and the end, which comes on every signal and as soon as the terminal is gone.
"""

from __future__ import annotations

import os
import selectors
import sys
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from textual.drivers.linux_driver import LinuxDriver

from keyconsole.console.terminal import signals
from keyconsole.console.terminal.ansi_diff import Saving
from keyconsole.console.terminal.input_parser import Reader, patience_for
from keyconsole.console.terminal.output_writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import App
    from textual.message import Message


_PIECE = 65536
_LOOK_SECONDS = 0.1
_TAKEN = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h"
"""The other screen, no cursor, and to be told of focus and pastes."""


class TerminalDriver(LinuxDriver):
    """Reads and writes the terminal of the console; ends the console with it."""

    _writer: Writer | None = None
    _modes: list[Any] | None = None
    _is_suspended = False

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._console = cast("signals.Console", app)
        self._output = sys.__stderr__ or sys.stderr
        self._reader = Reader(patience_for(os.environ))
        self._saving = Saving()

    def write(self, data: str) -> None:
        if self._writer is not None:
            self._writer.write(self._saving.lessen(data))

    def forget_what_is_shown(self) -> None:
        """The terminal may not show what was written: all of it is written again."""
        self._saving.forget()

    def start_application_mode(self) -> None:
        signals.end_on_signals(self._console)
        if self._writer is None:
            self._writer = Writer(self._output.fileno(), self._draw_anew)
            self._writer.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.attrs_before is not None:  # else it is in the background, and starts once it is not
            self._is_suspended = False
            self._modes = termios.tcgetattr(self.fileno)

    def stop_application_mode(self) -> None:
        if self._writer is not None:
            self._writer.give_up_what_waits()
            self._writer.write(self._wiped())
        super().stop_application_mode()

    def suspend_application_mode(self) -> None:
        super().suspend_application_mode()
        self.attrs_before, self._is_suspended = None, True

    def _wiped(self) -> str:
        """An empty screen: not every terminal has another one to go back to (mosh, GNU screen).

        Line by line, since some keep in their scrollback what is cleared at once.
        """
        self.forget_what_is_shown()
        _, lines = self._get_terminal_size()
        wiped = "".join(f"\x1b[{line};1H\x1b[2K" for line in range(1, lines + 1))
        return f"\x1b[0m{wiped}\x1b[H"

    def _sigcont_application(self, *_: object) -> None:
        """Go on after a stop.

        Where it came unasked, nothing was given back before it, and Textual would start all of it
        once more. Somebody may have written on the terminal meanwhile, and changed its modes.
        """
        if self._is_suspended:
            super()._sigcont_application()
        elif self._modes is not None and self._writer is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._modes)
            self.write(_TAKEN)
            self.send_message(self.SignalResume())
            self._draw_anew()

    def close(self) -> None:
        super().close()
        if self._writer is not None:
            self._writer.stop()
            self._writer = None

    def _draw_anew(self) -> None:
        """From the writing thread: the terminal has missed something."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._draw_all)

    def _draw_all(self) -> None:
        self.forget_what_is_shown()
        self._console.redraw()

    def _request_terminal_sync_mode_support(self) -> None:
        self._reader.asked()
        super()._request_terminal_sync_mode_support()

    def run_input_thread(self) -> None:
        """Hand on what the terminal sends, until the end; bytes that are no text are replaced."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_LOOK_SECONDS):
                    piece = self._read()
                    if not piece:
                        self._hang_up()
                        return
                    self._hand_on(self._reader.feed(decode(piece)))
                self._hand_on(self._reader.tick())

    def _read(self) -> bytes:
        """Returns the bytes that have arrived; none once the terminal is gone."""
        try:
            return os.read(self.fileno, _PIECE)
        except OSError:
            return b""

    def _hang_up(self) -> None:
        with suppress(RuntimeError):  # the loop has ended before
            self._loop.call_soon_threadsafe(signals.end_hung_up, self._console)

    def _hand_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)
