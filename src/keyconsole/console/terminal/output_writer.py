"""Writing to a terminal that may be slow, or have stopped: the console never waits for it.

Textual's own thread is handed thirty pieces and then holds up the event loop, and with it every
timer and signal, the one that masks a value among them.
"""

from __future__ import annotations

import os
import select
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_WAITING = 1 << 20
"""Bytes that may wait. Beyond them all are dropped, and the screen is drawn anew in time."""
LAST_SECONDS = 0.4
"""Seconds for which a terminal that reads nothing is waited for; then the output is dropped."""
END_SECONDS = 1.5
"""Seconds for the last output at the end: longer, for a busy machine."""
_CANCEL = b"\x18"
_PIECE = 4096
_BITE, _LOOK_MS = 256, 50


class Writer(threading.Thread):
    """Writes to a descriptor what it is given, in order; says when it caught up after a drop."""

    def __init__(self, descriptor: int, caught_up: Callable[[], None]) -> None:
        super().__init__(name="terminal-output", daemon=True)
        self._descriptor, self._caught_up = descriptor, caught_up
        self._waiting = bytearray()
        self._changed = threading.Condition()
        self._is_closing = self._has_dropped = self._is_writing = self._gives_up = False

    def write(self, text: str) -> None:
        """Put `text` in line; returns at once."""
        with self._changed:
            if len(self._waiting) > MOST_WAITING:
                self._waiting[:] = _CANCEL
                self._has_dropped = True
            self._waiting += text.encode("utf-8", "backslashreplace")
            self._changed.notify_all()

    def give_up_what_waits(self) -> None:
        """Make way for the last words: drop what the terminal does not take."""
        with self._changed:
            if self._changed.wait_for(self._is_idle, LAST_SECONDS):
                return
            self._waiting.clear()
            self._gives_up = True
            self._changed.wait_for(self._is_idle, LAST_SECONDS)
        with suppress(termios.error, OSError):
            termios.tcflush(self._descriptor, termios.TCOFLUSH)
        with self._changed:
            self._gives_up = False
            self._waiting[:0] = _CANCEL
            self._changed.notify_all()

    def stop(self) -> None:
        """Write what is left, and end; not at any price."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self.join(END_SECONDS)

    def run(self) -> None:
        while (piece := self._next()) is not None:
            try:
                self._put(piece)
            except OSError:  # the terminal is gone, and whoever reads from it says so
                with self._changed:
                    self._waiting.clear()

    def _put(self, piece: bytes) -> None:
        """Write a piece bite by bite, each once there is room.

        A write that hangs cannot be called off: to throw away what a terminal has not taken makes
        room, and wakes nobody who waits for it.
        """
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        while piece:
            while not room.poll(_LOOK_MS):
                if self._gives_up:
                    return
            piece = piece[os.write(self._descriptor, piece[:_BITE]) :]

    def _is_idle(self) -> bool:
        return not self._waiting and not self._is_writing

    def _next(self) -> bytes | None:
        with self._changed:
            self._is_writing = False
            self._changed.notify_all()
            if not self._waiting and self._has_dropped:
                self._has_dropped = False
                self._caught_up()
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            if not self._waiting:
                return None
            piece = bytes(self._waiting[:_PIECE])
            del self._waiting[:_PIECE]
            self._is_writing = True
            return piece
