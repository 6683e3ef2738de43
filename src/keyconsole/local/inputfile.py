"""The one way in which a file that a person names is read: limits of size, and of time for pipes.

A path may name a pipe, as `--token-file <(pass show token)` does, and nobody may ever write to it.
"""

import os
import select
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from keyconsole.core.errors import ConfigurationError

SECONDS = 10.0
"""Seconds to wait for the writer of a pipe, before each piece."""

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """The content of a file, and its status (stat). Its `repr` shows no content."""

    content: bytes = field(repr=False)
    status: os.stat_result

    @property
    def is_pipe(self) -> bool:
        """True for a pipe or a terminal, which can be read only once."""
        return not stat.S_ISREG(self.status.st_mode)


def read(
    path: Path, called: str = "", *, longest: int = 64 * 1024, seconds: float = SECONDS
) -> InputFile:
    """Reads at most `longest` bytes of a file, pipe or terminal, `called` so in sentences.

    Raises `OSError`, and `ConfigurationError` if it is of another kind or nobody writes to it.
    """
    # Without O_NONBLOCK the opening of a pipe waits for whoever writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        found = os.fstat(descriptor)
        is_slow = stat.S_ISFIFO(found.st_mode) or os.isatty(descriptor)
        if not is_slow and not stat.S_ISREG(found.st_mode):
            raise ConfigurationError(f"{called or path} is neither a file nor a pipe.")
        content = bytearray()
        while len(content) < longest:
            if is_slow:
                _wait(descriptor, called or str(path), seconds)
            try:
                piece = os.read(descriptor, min(_PIECE, longest - len(content)))
            except BlockingIOError:
                continue
            content += piece
            if not piece or (piece.endswith(b"\n") and os.isatty(descriptor)):
                break
        return InputFile(bytes(content), found)
    finally:
        os.close(descriptor)


def require_file(path: Path, called: str) -> None:
    """Raises `ConfigurationError` for a pipe, a device or a directory; `OSError` as `stat` does.

    For files that a library opens by itself: it would wait for ever for the writer of a pipe.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ConfigurationError(f"{called} is not a file.")


def _wait(descriptor: int, called: str, seconds: float) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if poll.poll(left * 1000):
            return
    raise ConfigurationError(f"{called} is a pipe, and nothing was written to it in time.")
