"""`service run` as a process of its own, on a port that the system chose."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keyconsole

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("KEYCONSOLE_")
} | {"PYTHONPATH": str(Path(keyconsole.__file__).parents[1])}

_CODE = """
import pathlib, sys
from keyconsole.core.errors import ConfigurationError
from keyconsole.service.server import run
from keyconsole.service.settings import ServiceSettings
if __name__ == "__main__":
    settings = ServiceSettings.from_environment(pathlib.Path(sys.argv[1]))
    try:
        run(settings, port=0, workers=int(sys.argv[2]))
    except ConfigurationError as error:
        sys.exit(error.message)
"""


@dataclass
class Running:
    """A process that serves."""

    process: subprocess.Popen[str]
    url: str
    log: list[str]
    reader: threading.Thread
    told: threading.Condition

    def says(self, words: str, times: int = 1, seconds: float = 20) -> bool:
        """Wait until the log holds these words so many times; false if it never does."""
        deadline = time.monotonic() + seconds
        with self.told:
            while sum(words in line for line in self.log) < times:
                if not self.told.wait(max(0.0, deadline - time.monotonic())):
                    return False
        return True

    def stop(self) -> int:
        """End it as a supervisor would; its log is complete after that."""
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self.reader.join(timeout=20)
        return code


@contextmanager
def serving(
    data_dir: Path, script_dir: Path, workers: int = 1, **environ: str
) -> Iterator[Running]:
    script = script_dir / "serve.py"
    script.write_text(_CODE)
    process = subprocess.Popen(
        [sys.executable, str(script), str(data_dir), str(workers)],
        env=ENVIRONMENT | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    log: list[str] = []
    # Read as it is written: a process whose log nobody reads waits for a reader.
    told = threading.Condition()
    reader = threading.Thread(target=_read, args=(process.stdout, log, told))
    try:
        for line in process.stdout:
            log.append(line)
            if line.startswith("listening on "):
                break
        else:
            raise AssertionError("".join(log))
        url = log[-1].split()[-1]
        reader.start()
        yield Running(process, url, log, reader, told)
    finally:
        _end(process)
        if reader.ident is not None:
            reader.join()
        process.stdout.close()


def _end(process: subprocess.Popen[str]) -> None:
    """End it, and its workers, which would outlive it if it were killed at once."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(lines: Iterable[str], log: list[str], told: threading.Condition) -> None:
    for line in lines:
        with told:
            log.append(line)
            told.notify_all()
