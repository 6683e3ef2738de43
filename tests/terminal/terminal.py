"""A terminal with a person at it: the command runs on a pty, the screen is what pyte makes of it.

Nothing here sleeps. Whatever is waited for is looked at again after each piece of output, until
it is there or the deadline has passed.
"""

import copy
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

DEADLINE = 30.0
"""Seconds for anything to come about: far beyond what it takes, for a slow machine."""

KEYCONSOLE = str(Path(sys.executable).with_name("keyconsole"))

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "pagedown": "\x1b[6~",
    "ctrl+c": "\x03",
    "ctrl+f": "\x06",
    "ctrl+p": "\x10",
    "ctrl+q": "\x11",
    "ctrl+r": "\x12",
    "ctrl+s": "\x13",
    "ctrl+u": "\x15",
    "ctrl+z": "\x1a",
}

# Asked whether it can take a frame as a whole (mode 2026), this terminal says yes: no test then
# looks at half a frame.
_CAN_YOU_FRAME = b"\x1b[?2026$p"
_I_CAN_FRAME = "\x1b[?2026;2$y"
_FRAMING = 2026 << 5  # as pyte notes a private mode

_KEYBOARD_BACK = b"\x1b[<u"  # pyte would show its end

ENTERED = b"\x1b[?1049h"
LEFT = b"\x1b[?1049l"

_ESCAPE_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^\[\]])")

# The controlling terminal makes the kernel send SIGWINCH and SIGHUP, as it does to a person.
LAUNCH = """
import fcntl, os, sys, termios
if sys.argv[1] == "controlling":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.environ.pop("LC_CTYPE", None)  # this Python's own, over a locale that is not UTF-8
os.execvp(sys.argv[2], sys.argv[2:])
"""


class AlternateScreen(pyte.Screen):
    """pyte's screen, with the second buffer that full-screen programs draw on."""

    _ALTERNATE = 1049

    def __init__(self, columns: int, lines: int) -> None:
        self._first: tuple[Any, Any] | None = None
        super().__init__(columns, lines)

    @property
    def is_alternate(self) -> bool:
        return self._first is not None

    def set_mode(self, *modes: int, **options: Any) -> None:
        super().set_mode(*modes, **options)
        if options.get("private") and self._ALTERNATE in modes and self._first is None:
            self._first = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **options: Any) -> None:
        super().reset_mode(*modes, **options)
        if options.get("private") and self._ALTERNATE in modes and self._first is not None:
            (self.buffer, self.cursor), self._first = self._first, None


class Terminal:
    """A command on a pty of its own, with a shell's line above it to come back to.

    Leaving the context kills the process if it still runs. Only that process.
    """

    PROMPT = "$ keyconsole"

    def __init__(
        self,
        environ: Mapping[str, str],
        cwd: Path,
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        controlling: bool = True,
        program: Sequence[str] = (KEYCONSOLE,),
        answers: bool = True,
    ) -> None:
        self._answers = answers
        self._look_at(size)
        self._controller, terminal = os.openpty()
        self._set_size(*size)
        kind = "controlling" if controlling else "plain"
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-ISc", LAUNCH, kind, *program, *arguments],
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                env=environ,
                cwd=cwd,
                start_new_session=True,
            )
        finally:
            os.close(terminal)

    def _look_at(self, size: tuple[int, int]) -> None:
        self._screen = AlternateScreen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._stream.feed(f"{self.PROMPT}\r\n".encode())
        self.written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    # What is seen

    @property
    def lines(self) -> Sequence[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def screen(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_alternate(self) -> bool:
        """Whether the console's own screen is shown, not the shell's."""
        return self._screen.is_alternate

    @property
    def is_half_drawn(self) -> bool:
        """Whether a frame is being drawn and not yet whole."""
        return _FRAMING in self._screen.mode

    @property
    def modes(self) -> list[Any]:
        """What the terminal does with what is typed, as `stty` would say."""
        return termios.tcgetattr(self._controller)[:4]

    @property
    def without_another_screen(self) -> str:
        """What would stand on a terminal that has no second buffer, as in mosh and GNU screen."""
        screen = pyte.Screen(self._screen.columns, self._screen.lines)
        pyte.ByteStream(screen).feed(self.written.replace(_KEYBOARD_BACK, b""))
        return "\n".join(line.rstrip() for line in screen.display)

    @property
    def text_written(self) -> bytes:
        """Everything ever written, with what moves the cursor and colours taken out."""
        return without_escapes(self.written)

    def line_with(self, text: str) -> str:
        """The only line that holds `text`."""
        (line,) = [line for line in self.lines if text in line]
        return line

    # What is waited for

    def wait_for(self, *texts: str) -> None:
        """Wait until all of `texts` are on the screen at once."""
        self.wait_until(lambda: all(text in self.screen for text in texts), f"{texts}")

    def wait_until(self, holds: Callable[[], object], what: str = "what was waited for") -> None:
        """Wait until `holds`, looking again after each piece of output."""
        deadline = time.monotonic() + DEADLINE
        while self.is_half_drawn or not holds():
            if not self._read(deadline):
                raise AssertionError(f"{what} did not come; the screen is:\n{self.screen}")

    def read_to_the_end(self) -> int:
        """Wait until the command has ended; its exit code, negative for a signal's."""
        deadline = time.monotonic() + DEADLINE
        while self._read(deadline):
            pass
        return self.wait_for_the_end(max(0.0, deadline - time.monotonic()))

    def wait_for_the_end(self, seconds: float = DEADLINE) -> int:
        """As `read_to_the_end`, where nobody reads any more."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end; the screen was:\n{self.screen}") from None

    def wait_until_it_stops(self) -> None:
        """Wait for SIGSTOP or the like, as a shell does; takes what was written until then."""
        deadline = time.monotonic() + DEADLINE
        looking = os.WSTOPPED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, self.process.pid, looking) is None:
            assert time.monotonic() < deadline, f"it does not stop; the screen is:\n{self.screen}"
            self._read(time.monotonic() + 0.05)
        self.read_what_is_there()

    def read_what_is_there(self) -> None:
        """Take what is already written; waits for nothing."""
        while self._read(0):
            pass

    def read_for(self, seconds: float) -> None:
        """Take what comes in so many seconds: time passes for the console as it does for a key."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self._read(deadline):
                return

    def read_until_entered(self) -> None:
        """Take what comes until the console has the screen."""
        self.wait_until(lambda: ENTERED in self.written, "the console's screen")

    def read_until_written(self, text: bytes) -> None:
        """Take what comes until `text` was among it, whether or not it can be seen yet."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.text_written:
            assert self._read(deadline), f"{text!r} was not written"

    def _read(self, deadline: float) -> bool:
        """Read one piece; false at the end of the output, and once the deadline has passed."""
        left = max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([self._controller], [], [], left)
        if not ready:
            return False
        try:
            piece = os.read(self._controller, 65536)
        except OSError:  # EIO: nobody has the other end open any more
            return False
        before = self.written.count(_CAN_YOU_FRAME)
        self.written += piece
        if self._answers and self.written.count(_CAN_YOU_FRAME) > before:
            self.type(_I_CAN_FRAME)
        self._stream.feed(piece)
        return bool(piece)

    # What the person does

    def press(self, *keys: str) -> None:
        """Press keys by name, one write each."""
        for key in keys:
            self.type(KEYS.get(key, key))

    def type(self, text: str) -> None:
        """Write what a keyboard sends for `text`, in one burst."""
        self.type_bytes(text.encode())

    def type_bytes(self, left: bytes) -> None:
        """Write bytes that need not be text; reads meanwhile, as a terminal does."""
        while left:
            left = left[os.write(self._controller, left) :]

    def paste(self, text: str) -> None:
        """Paste as a terminal does that was asked to mark what is pasted."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window; the kernel tells the process."""
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def resize_after_what_was_typed(self, columns: int, lines: int) -> None:
        """Change the size as terminals do that report it among the keys, in their order.

        A signal would overtake the keys (https://gist.github.com/rockorager, mode 2048).
        """
        self.type("\x1b[?2048;1$y")
        self._screen.resize(lines, columns)
        self.type(f"\x1b[48;{lines};{columns};{lines * 16};{columns * 8}t")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the window, with whatever runs in it."""
        if self._controller >= 0:
            os.close(self._controller)
            self._controller = -1

    def _set_size(self, columns: int, lines: int) -> None:
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._controller, termios.TIOCSWINSZ, size)


def without_escapes(written: bytes) -> bytes:
    return _ESCAPE_SEQUENCE.sub(b"", written)
