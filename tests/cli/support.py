"""The command as a person runs it: a process of its own."""

import array
import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

COMMAND = [sys.executable, "-m", "keyconsole"]


def environment(home: Path, **variables: str) -> dict[str, str]:
    """This process's environment with another home and nothing that sets up keyconsole."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KEYCONSOLE", "TEXTUAL", "XDG_"))
    }
    return {**environ, "HOME": str(home), "TERM": "xterm-256color", **variables}


def keyconsole(
    home: Path, *arguments: str, options: dict[str, Any] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal to its end."""
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **(options or {})}
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(home, **variables),
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
        **given,
    )


def keyconsole_on_a_terminal(home: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run a command that ends by itself on a terminal; its exit code and what was written."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(home, **variables),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    written = b""
    try:
        while chunk := os.read(controller, 65536):
            written += chunk
    except OSError:  # EIO: the other end is closed
        pass
    finally:
        os.close(controller)
    return process.wait(timeout=30), written.decode()


class Seat:
    """A terminal with a person at it, and a command that runs there as its session's leader.

    The terminal stays open when the command has ended, as a shell would keep it. Standard output
    can be taken away from it, into `stdout`.
    """

    def __init__(
        self, home: Path, *arguments: str, stdout: int | None = None, variables: Mapping[str, str]
    ) -> None:
        self._controller, self._terminal = pty.openpty()
        self.before = termios.tcgetattr(self._terminal)
        self.written = b""
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=environment(home, **variables),
            stdin=self._terminal,
            stdout=self._terminal if stdout is None else stdout,
            stderr=self._terminal,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._controller)
        os.close(self._terminal)

    def until(self, words: str) -> None:
        """Read until the command has written this."""
        while words.encode() not in self.written:
            assert self._read(30), self.written

    def type(self, text: bytes) -> None:
        """Type or paste: all of it, while what is written is read."""
        while text:
            _, ready, _ = select.select([], [self._controller], [], 30)
            assert ready, self.written
            text = text[os.write(self._controller, text[:1024]) :]
            self._read(0)

    def end(self) -> tuple[int, str]:
        """Wait for the end; the exit code and everything that was written."""
        deadline = time.monotonic() + 30
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.written
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.returncode, self.written.decode()

    @property
    def left_for_the_shell(self) -> int:
        """How many bytes the next one to read this terminal would get."""
        count = array.array("i", [0])
        raw = termios.tcgetattr(self._terminal)
        raw[3] &= ~termios.ICANON  # an unfinished line counts too
        termios.tcsetattr(self._terminal, termios.TCSANOW, raw)
        fcntl.ioctl(self._terminal, termios.FIONREAD, count)
        return count[0]

    @property
    def settings(self) -> list[Any]:
        return termios.tcgetattr(self._terminal)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._controller], [], [], seconds)
        if ready:
            self.written += os.read(self._controller, 65536)
        return bool(ready)
