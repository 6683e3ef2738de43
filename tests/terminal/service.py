"""`keyconsole service run`, the installed command, as a process of its own."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.terminal.terminal import DEADLINE, KEYCONSOLE


class Service:
    """A serving process. Its log is read as it is written, so that it never waits for a reader."""

    def __init__(self, environ: Mapping[str, str], cwd: Path, port: int = 0) -> None:
        self._lines: list[str] = []
        self._told = threading.Event()
        self.url = ""
        self.process = subprocess.Popen(
            [KEYCONSOLE, "service", "run", "--port", str(port)],
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def log(self) -> str:
        """All that it wrote so far."""
        return "".join(self._lines)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def wait_until_it_listens(self) -> None:
        assert self._told.wait(DEADLINE), f"it does not listen; it said:\n{self.log}"
        assert self.url, f"it ended; it said:\n{self.log}"

    def stop(self) -> None:
        """End it as a supervisor would; its log is complete after that."""
        self.process.terminate()
        self._end()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self._end()

    def _end(self) -> None:
        self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as log:
            for line in log:
                self._lines.append(line)
                if line.startswith("listening on "):
                    self.url = line.split()[-1]
                    self._told.set()
        self._told.set()


@contextlib.contextmanager
def serving(environ: Mapping[str, str], cwd: Path, port: int = 0) -> Iterator[Service]:
    """A service that listens; the port is free to choose, or the one of another that ended."""
    service = Service(environ, cwd, port)
    try:
        service.wait_until_it_listens()
        yield service
    finally:
        service.kill()
