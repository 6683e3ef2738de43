"""A text that a person pastes at a terminal: unseen, whole, and none of it left for the shell.

Only Ctrl-D ends it, wherever the text stopped: an empty line is part of many a `.env`, and
whatever came after it would be typed into the shell.
"""

import os
import select
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from keyconsole.cli import leaks
from keyconsole.cli.prompts import tell
from keyconsole.core.errors import UsageError

LONGEST = 1024 * 1024
"""Bytes."""

LONGEST_FILE = 64 * LONGEST

QUIET_SECONDS = 0.2
"""So long nothing comes once a paste is over, over a slow line too."""

_LFLAG, _CC = 3, 6
_SEEN = termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ECHONL
# A canonical line ends at 4,095 characters on Linux, and what follows in it is lost.
_EDITED = termios.ICANON | termios.IEXTEN
_DISABLED = b"\0"
_END = b"\x04"
_WAITING_SECONDS = 1.0
_CHUNK = 65536


def read(question: str) -> str:
    """Reads a text up to Ctrl-D and shows none of it.

    The terminal is empty afterwards, however it ended. Raises `UsageError` for more than
    `LONGEST`, and `KeyboardInterrupt`.
    """
    descriptor = sys.stdin.fileno()
    with _unseen(descriptor):
        tell(question)
        text = _until_end(descriptor)
    if len(text) > LONGEST:
        raise UsageError(
            f"At most {LONGEST >> 20} MiB can be pasted; a file can be longer: - < FILE"
        )
    return text.decode("utf-8", "replace")


def read_whole(stream: BinaryIO) -> str:
    """Reads a text that is not pasted. Raises `UsageError` as `whole` does."""
    return whole(stream.read(LONGEST_FILE + 1))


def whole(content: bytes) -> str:
    """Returns the text in bytes. Raises `UsageError` for more than `LONGEST_FILE`."""
    if len(content) > LONGEST_FILE:
        raise UsageError(f"At most {LONGEST_FILE >> 20} MiB of text at once.")
    if reason := leaks.unsearchable(content):
        tell(f"It is searched as it stands: {reason}.")
    return content.decode("utf-8", "replace")


def _until_end(descriptor: int) -> bytes:
    """Returns the bytes before the first Ctrl-D, at most one more than `LONGEST`."""
    text = bytearray()
    told = False
    while chunk := os.read(descriptor, _CHUNK):
        before, end, _ = chunk.partition(_END)
        text += before[: LONGEST + 1 - len(text)]
        if end:
            break
        if not told and not select.select([descriptor], [], [], _WAITING_SECONDS)[0]:
            told = True
            tell("Ctrl-D when all of it is there.")
    return bytes(text)


@contextmanager
def _unseen(descriptor: int) -> Iterator[None]:
    """A terminal that shows nothing, gives every character at once, and can only be interrupted."""
    before = termios.tcgetattr(descriptor)
    quiet: list[Any] = termios.tcgetattr(descriptor)
    quiet[_LFLAG] &= ~(_SEEN | _EDITED)
    # Stopped or killed by a key in the middle, the shell would be typed the rest.
    for name in (termios.VSUSP, termios.VQUIT):
        quiet[_CC][name] = _DISABLED
    quiet[_CC][termios.VMIN], quiet[_CC][termios.VTIME] = 1, 0
    ending = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
        try:
            yield
        finally:
            _drain(descriptor)
            with suppress(termios.error):  # it was hung up
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
    finally:
        signal.signal(signal.SIGTERM, ending)


def _drain(descriptor: int) -> None:
    """Reads and drops input until none has come for `QUIET_SECONDS`."""
    with suppress(OSError, KeyboardInterrupt):
        while select.select([descriptor], [], [], QUIET_SECONDS)[0] and os.read(descriptor, _CHUNK):
            pass
