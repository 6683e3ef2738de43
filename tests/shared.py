"""A directory that all processes of one run of the tests share, and its locks.

The process that starts the run holds the lock `run` until the run ends, however it ends: the
system gives it back even when the process is killed.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

RUN = "run"
CUSTODIAN = "custodian"
"""Held by the process that stops the server of the run after it."""

_VARIABLE = "TESTS_SHARED_DIRECTORY"
_held: list[IO[str]] = []


def begin() -> None:
    """Makes the directory; the processes that are started later find it in their environment."""
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="keyconsole-tests-")
    _held.append(_locked(RUN))


def end() -> None:
    """Ends what `begin` began, and waits until the server of the run is gone."""
    if not _held:
        return
    with (directory() / CUSTODIAN).open("a") as file:
        _held.pop().close()
        wait_for(file)
    shutil.rmtree(directory(), ignore_errors=True)
    del os.environ[_VARIABLE]


def directory() -> Path:
    """Returns the directory of this run."""
    return Path(os.environ[_VARIABLE])


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Keeps out every other process of the run that asks for the same name."""
    with _locked(name):
        yield


def wait_for(file: IO[str]) -> None:
    """Waits until nobody holds the lock of an open file, and takes it."""
    fcntl.flock(file, fcntl.LOCK_EX)


def _locked(name: str) -> IO[str]:
    file = (directory() / name).open("a")
    wait_for(file)
    return file
