"""The check that the database can really be written: by writing to it, and by reserving room."""

import asyncio
import contextlib
import os
import sqlite3
import tempfile
import time
from pathlib import Path

from keyconsole.local import diskspace
from keyconsole.service.store.sqlite import identity

EVERY_SECONDS = 2.0
"""Seconds for which readiness relies on an answer; a full disk is tried each time."""

ROOM = 256 * 1024
"""Bytes beside the database that a change may need; the transaction of the check needs less."""

_BUSY_SECONDS = 4.0
UNWRITABLE = "The database cannot be written: its disk is full, read-only or failing."
BUSY = "The database cannot be written: another process has locked it."


class Writability:
    """The last answer, and when it was found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: str | None = None
        self._at = float("-inf")
        self._trying = asyncio.Lock()

    async def check(self) -> str | None:
        """Returns why the database cannot be written, or None."""
        async with self._trying:
            if self._is_due():
                self._found = await asyncio.to_thread(try_write, self._path)
                self._at = time.monotonic()
            return self._found

    def _is_due(self) -> bool:
        if self._found is not None or time.monotonic() - self._at >= EVERY_SECONDS:
            return True
        try:
            found = os.statvfs(self._path)
        except OSError:
            return True
        return found.f_bavail * found.f_frsize < ROOM


def try_write(path: Path) -> str | None:
    """Commits a transaction that changes the number of writes; returns why not, or None. Blocks."""
    if lacks_room(path):
        return UNWRITABLE
    try:
        with contextlib.closing(identity.connect(path, busy_seconds=_BUSY_SECONDS)) as raw:
            raw.execute("BEGIN IMMEDIATE")
            identity.count_write(raw)
            raw.execute("COMMIT")
    except sqlite3.Error as error:
        busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
        return BUSY if busy else UNWRITABLE
    return None


def lacks_room(path: Path) -> bool:
    """Returns true if a file beside the database cannot have `ROOM` bytes. Changes nothing.

    A log that is there takes small writes on a full disk too, until a larger one fails. Where no
    file can be made, nothing is known of the log.
    """
    directory = Path(os.path.realpath(path)).parent
    try:
        file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - closed below
    except OSError:
        return False
    with file:
        return diskspace.shortage(file.fileno(), ROOM) is not None
