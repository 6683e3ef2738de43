"""The check that the open database file is still the file at its path.

SQLite goes on reading and writing a file that was moved, removed or replaced, and a revoke that is
written there is lost at the next start. `DatabaseFile` compares what is open with what is at the
path: device and inode of the file, of its `-wal` and of its `-shm`, the size of the log, and the
number of write transactions (`user_version`), which never goes back: in the header of the file, as
SQLite reads it, and as the last one that a process confirmed (`lease`). A difference is final:
everything is refused until the service is started again.
"""

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.logs import log
from keyconsole.service.store.engine import StoreReplacedError, StoreUnavailableError
from keyconsole.service.store.sqlite import descriptors
from keyconsole.service.store.sqlite.writeaheadlog import WriteAheadLog

FRESH_SECONDS = 0.001
"""Seconds for which a verification relies on the last comparison.

A look takes four system calls, 10 to 40 µs. What this process reads is always the file it opened,
so a look finds what another process may do meanwhile with another file at the path.
"""

_BUSY_SECONDS = 1.0
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_WRITES_OFFSET = 60
_PAGE_SIZE_OFFSET = 16
"""Places in the header of a database (https://sqlite.org/fileformat2.html)."""

_WORD = 0xFFFFFFFF

RESTART = "Put the right file back, then restart the service."
MISSING = f"The database file was moved or removed while the service was running. {RESTART}"
REPLACED = f"The database file was replaced while the service was running. {RESTART}"
OVERWRITTEN = f"The database file was overwritten while the service was running. {RESTART}"
LOG_LOST = (
    "The write-ahead log of the database was removed, replaced or cut while the service was "
    f"running. {RESTART}"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """One database file: device, inode, and the random id that is stored in it."""

    device: int
    inode: int
    id: str

    def __str__(self) -> str:
        return f"{self.device}:{self.inode}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Returns the identity in a text as `str` makes it, or None."""
        device, _, rest = text.strip().partition(":")
        inode, _, name = rest.partition(":")
        if not (device.isdigit() and inode.isdigit() and name.isalnum()):
            return None
        return cls(int(device), int(inode), name)


class Confirmed(Protocol):
    """The number of the last write that any process confirmed."""

    def read(self) -> int:
        """The number."""

    def raise_to(self, writes: int) -> None:
        """Stores a later number; an earlier one changes nothing."""


class DatabaseFile:
    """The open database file of a process, and the connection that verification reads with.

    The connection is opened once and never again, so it always reads the file that was checked.
    `reason` says, once the file at the path is another one, what was found. `writes` is the number
    of the last write that this process saw.
    """

    def __init__(self, path: Path) -> None:
        """Opens a migrated database; raises `ConfigurationError` or `sqlite3.Error`."""
        self.path = path
        self.reason: str | None = None
        self._confirmed: Confirmed | None = None
        self._path = path.absolute()
        # SQLite keeps the log beside the file that a link points to.
        real = Path(os.path.realpath(path))
        self._log_path, self._index_path = Path(f"{real}-wal"), Path(f"{real}-shm")
        self._header = descriptors.acquire(real)
        try:
            self.connection = connect(path)
            try:
                self.id = self._read_id()
                self._remember()
            except BaseException:
                self.connection.close()
                raise
        except BaseException:
            descriptors.release(self._header)
            raise

    def _read_id(self) -> str:
        found = self.connection.execute("SELECT id FROM database_identity").fetchone()
        if found is None or not isinstance(found[0], str):
            raise ConfigurationError(f"{self.path} is damaged: put it back from a backup.")
        return found[0]

    @property
    def identity(self) -> Identity:
        """The device, inode and random id of this file."""
        return Identity(*self._database, self.id)

    def share(self, confirmed: Confirmed) -> None:
        """Compares from now on with the writes that other processes confirmed, too."""
        self._confirmed = confirmed

    def look(self) -> str | None:
        """Returns the difference between the open file and the one at its path, or None."""
        if self.reason is None and (found := self._difference()) is not None:
            self.reason = found
            log.error("the database is refused", reason=found, path=str(self._path))
        self._looked_at = time.monotonic()
        return self.reason

    def require(self) -> None:
        """Raises `StoreReplacedError` unless the open file is the one at its path now."""
        if (reason := self.look()) is not None:
            raise StoreReplacedError(reason)

    def require_recent(self) -> None:
        """As `require`, relying on a look of the last `FRESH_SECONDS`."""
        if self.reason is not None or time.monotonic() - self._looked_at > FRESH_SECONDS:
            self.require()

    def confirm(self, writes: int) -> None:
        """Raises unless a committed write transaction is in the file at the path.

        `writes` is its number, which verification has to see.
        """
        self.require()
        try:
            seen = writes_of(self.connection)
        except sqlite3.Error as error:
            raise StoreUnavailableError from error
        if is_before(seen, writes):
            self._refuse(REPLACED)
        if self._confirmed is not None:
            self._confirmed.raise_to(writes)

    def close(self) -> None:
        """Closes the connection; the others of this process have to be closed before."""
        if self._header >= 0:
            self.connection.close()
            descriptors.release(self._header)
            descriptors.release(self._index_descriptor)
            os.close(self._log_descriptor)
            self._header = -1

    def _refuse(self, reason: str) -> None:
        self.reason = reason
        log.error("the database is refused", reason=reason, path=str(self._path))
        raise StoreReplacedError(reason)

    def _remember(self) -> None:
        """Records what is open. The connection has read, so its log is there."""
        database, opened = self._path.stat(), os.fstat(self._header)
        self._database = (database.st_dev, database.st_ino)
        if self._database != (opened.st_dev, opened.st_ino):
            raise ConfigurationError(f"{self.path} was replaced while it was opened. Try again.")
        self._index = _place(self._index_path)
        # SQLite has no locks on its log, so it may be opened and closed beside it.
        self._log_descriptor = os.open(self._log_path, os.O_RDONLY | os.O_CLOEXEC)
        journal = os.fstat(self._log_descriptor)
        self._log = (journal.st_dev, journal.st_ino)
        self._log_size = journal.st_size
        page_size = int.from_bytes(os.pread(self._header, 2, _PAGE_SIZE_OFFSET)) or 4096
        self._in_header = writes_in_header(self._header) or 0
        self.writes = writes_of(self.connection)
        self._looked_at = time.monotonic()
        self._index_descriptor = descriptors.acquire(self._index_path)
        self._frames = WriteAheadLog(
            self._log_descriptor, self._index_descriptor, 65536 if page_size == 1 else page_size
        )

    def _difference(self) -> str | None:
        try:
            database = self._path.stat()
            if (database.st_dev, database.st_ino) != self._database:
                return REPLACED
            journal = self._log_path.stat()
            index = self._index_path.stat()
        except OSError:
            return LOG_LOST if self._path.exists() else MISSING
        if (journal.st_dev, journal.st_ino) != self._log or journal.st_size < self._log_size:
            return LOG_LOST
        if (index.st_dev, index.st_ino) != self._index:
            return LOG_LOST
        self._log_size = journal.st_size
        if self._frames.has_hole(journal.st_size) or not self._frames.is_whole():
            return LOG_LOST
        return self._went_back()

    def _went_back(self) -> str | None:
        """Compares the numbers of writes. Each is read before the one that it cannot exceed."""
        confirmed = self._confirmed.read() if self._confirmed is not None else self.writes
        in_header = writes_in_header(self._header)
        if in_header is None or is_before(in_header, self._in_header):
            return OVERWRITTEN
        try:
            writes = writes_of(self.connection)
        except sqlite3.Error as error:
            is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED
            return OVERWRITTEN if is_damaged else None
        if any(is_before(writes, each) for each in (self.writes, confirmed, in_header)):
            return OVERWRITTEN
        self._in_header, self.writes = in_header, writes
        return None


def connect(path: Path, *, busy_seconds: float = _BUSY_SECONDS) -> sqlite3.Connection:
    """Returns a connection to a file that is there; never makes one."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def writes_of(connection: sqlite3.Connection) -> int:
    """Returns the number of write transactions, as this connection sees it."""
    (writes,) = connection.execute("PRAGMA user_version").fetchall()[0]
    return int(writes) & _WORD


def count_write(connection: sqlite3.Connection) -> int:
    """Counts one more write in the open transaction; returns its number."""
    writes = (writes_of(connection) + 1) & _WORD
    signed = writes - (_WORD + 1) if writes > _WORD >> 1 else writes
    connection.execute(f"PRAGMA user_version = {signed}")
    return writes


def is_before(number: int, other: int) -> bool:
    """Compares two numbers of writes, which wrap after 2³² (RFC 1982)."""
    return (number - other) & _WORD > _WORD >> 1


def _place(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def writes_in_header(descriptor: int) -> int | None:
    """Returns the number in the file itself, which lags behind the log; None if it was cut."""
    found = os.pread(descriptor, 4, _WRITES_OFFSET)
    return int.from_bytes(found) if len(found) == 4 else None
