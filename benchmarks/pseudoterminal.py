"""A program on a terminal of its own, measured: when something is shown, at what cost."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SIZE = (120, 40)
PATIENCE = 60.0
QUIET = 0.08
"""A terminal that was written nothing for so many seconds shows all there is to show."""

_ESCAPE_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^\[\]])")
_CAN_YOU_FRAME, _I_CAN_FRAME = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Terminal:
    """Starts the program; ends it with the context, and only it. Times are seconds."""

    def __init__(self, program: Sequence[str], environ: Mapping[str, str]) -> None:
        self.written = b""
        self._controller, terminal = os.openpty()
        size = struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0)
        fcntl.ioctl(self._controller, termios.TIOCSWINSZ, size)
        self._last = self._began = time.perf_counter()
        try:
            self.process = subprocess.Popen(
                program,
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                env=environ,
                start_new_session=True,
            )
        finally:
            os.close(terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._controller)

    def shows(self, *texts: str) -> float:
        """Wait until all of it was written; how long that was after the start."""
        wanted = [text.encode() for text in texts]
        while True:
            written = _ESCAPE_SEQUENCE.sub(b"", self.written)
            if all(text in written for text in wanted):
                return self._last - self._began
            left = self._began + PATIENCE - time.perf_counter()
            if left < 0 or not self._read(left):
                raise AssertionError(f"{texts} did not come:\n{written.decode()[-3000:]}")

    def settle(self, quiet: float = QUIET) -> None:
        """Wait until nothing more is written."""
        while self._read(quiet):
            pass

    def press(self, keys: str, patience: float = PATIENCE) -> tuple[float, int]:
        """Press keys; how long until the last of what they made was written, and its bytes."""
        before, began = len(self.written), time.perf_counter()
        os.write(self._controller, keys.encode())
        self._read(patience)
        self.settle()
        return self._last - began, len(self.written) - before

    def peak_mb(self) -> float:
        """The most memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    def cpu_seconds(self) -> float:
        """The time of a core that its threads have taken so far."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9

    def wait(self, seconds: float) -> None:
        """Read what is written meanwhile."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._controller], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self._controller, 65536)
        except OSError:  # nobody has the other end open any more
            return False
        self._last = time.perf_counter()
        self.written += piece
        if _CAN_YOU_FRAME in piece:
            os.write(self._controller, _I_CAN_FRAME)
        return bool(piece)
