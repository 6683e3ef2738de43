"""The clipboard of the machine that the person sits at.

pyperclip works in a process of its own, `pyperclip_process`. The programs that it starts write to
the terminal, where the console is drawn, and may hang; so it gets no terminal, and a time limit.
The process that clears the clipboard after a while knows the text by a keyed hash only, and
outlives the console, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any, cast

from keyconsole.console.terminal import pyperclip_process

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT_SECONDS = 4.0
"""Seconds for a copy, the start of Python and the reading back included."""
CLEAR_SECONDS = 45

_DESKTOPS = ("WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME")
_PYTHON = (sys.executable, "-P", "-m", pyperclip_process.__name__)
_ALONE: dict[str, Any] = {
    "stdin": subprocess.PIPE,
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
    "start_new_session": True,
}


def is_there(environ: Mapping[str, str]) -> bool:
    """Returns whether the console runs on a desktop. A clipboard that works is known by trying."""
    return sys.platform == "darwin" or any(environ.get(name) for name in _DESKTOPS)


async def copy(text: str) -> bool:
    """Copies a text; returns whether the same text could be read back, within the limit."""
    try:
        process = await asyncio.create_subprocess_exec(*_PYTHON, "copy", **_ALONE)
    except OSError:
        return False
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await process.communicate(text.encode())
    except TimeoutError:
        # With the program that hangs.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return False
    return process.returncode == 0


class Cleaner:
    """Clears the clipboard after a while, if it still holds what was put there last."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def clear_later(self, text: str, seconds: float = CLEAR_SECONDS) -> bool:
        """Starts a process that does; returns whether it was started. Ends the one before it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        try:
            self._process = subprocess.Popen([*_PYTHON, "clear", str(seconds)], **_ALONE)  # noqa: S603
            with cast("IO[bytes]", self._process.stdin) as given:
                given.write(pyperclip_process.mark(text))
        except OSError:
            return False
        return True
