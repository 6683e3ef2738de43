"""The lock that every process holds while it uses a database file.

It is a shared lock (flock(2)) on `.NAME.lock` beside the file, in which the first holder writes the
identity of the file, and every holder the number of the last write that it confirmed. Another
process is refused while a different file is at the path, so nothing is written to one file while a
process still has the other. The name does not begin like that of the database: moving
`keyconsole.db*` leaves the lock where it is. A directory that is renamed takes its lock along; the
processes that run in it refuse by themselves (`identity`).

What was written stays where the last holder was killed, or found another file at the path; else
the last one to end removes it, since every write is in the file by then. So the next start knows
which write the file, with the log beside it, has to have at least (`leftover`).
"""

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import privatefile
from keyconsole.service.store.sqlite.identity import DatabaseFile, Identity, is_before

_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
_LONGEST = 256
_CONFIRMED_OFFSET, _CONFIRMED_BYTES = _LONGEST, 4

OTHER_FILE = (
    "{} is not the file that a running keyconsole process uses: it was moved, removed or replaced "
    "meanwhile. Stop that process first, put the right file back, then start again."
)
_BUSY = "Another process is still making or migrating the database {}. Try again."


class Mark(NamedTuple):
    """The file that was used, and the number of the last write that was confirmed."""

    identity: Identity
    writes: int


class Lease:
    """A held lock. `running` is the file that other processes use, if there are any."""

    def __init__(self, path: Path, *, may_create: bool = True) -> None:
        """Waits for the lock. Blocks.

        Raises `ConfigurationError` where the processes that hold it use another file.
        """
        self._path = path
        self._flags = os.O_CREAT if may_create else 0
        self._lock_path = lock_path(path)
        self._deadline = time.monotonic() + _PATIENCE_SECONDS
        self._file: DatabaseFile | None = None
        self._descriptor, self.running = self._acquire()
        if self.running is not None and not is_at(path, self.running):
            self.close()
            raise ConfigurationError(OTHER_FILE.format(path))

    def publish(self, file: DatabaseFile) -> None:
        """Publishes the file in use, lets other processes use it, and shares its writes.

        Raises `ConfigurationError` where others use another file.
        """
        identity = file.identity
        if self.running is None:
            try:
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, f"{identity}\n".encode(), 0)
                self._write_number(file.writes)
            except OSError as error:
                raise ConfigurationError(
                    f"The disk of the database {self._path} is full, read-only or failing."
                ) from error
            # The change to a shared lock is not atomic: another process may come in between.
            self._lock(fcntl.LOCK_SH)
            self.running = _read(self._descriptor)
        if self.running != identity:
            raise ConfigurationError(OTHER_FILE.format(self._path))
        self._file = file
        file.share(self)

    def read(self) -> int:
        """Returns the number of the last write that any holder confirmed."""
        return int.from_bytes(os.pread(self._descriptor, _CONFIRMED_BYTES, _CONFIRMED_OFFSET))

    def raise_to(self, writes: int) -> None:
        """Stores the number of a write that is confirmed, if the disk has room for it."""
        if is_before(self.read(), writes):
            with contextlib.suppress(OSError):
                self._write_number(writes)

    def close(self) -> None:
        """Releases the lock, after the file was closed. The last holder removes the mark."""
        if self._descriptor >= 0:
            if self._is_whole() and _try_lock(self._descriptor, fcntl.LOCK_EX):
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def _is_whole(self) -> bool:
        """Returns true if every confirmed write is in the file at the path."""
        file = self._file
        return file is not None and file.reason is None and is_at(self._path, file.identity)

    def _write_number(self, writes: int) -> None:
        os.pwrite(self._descriptor, writes.to_bytes(_CONFIRMED_BYTES), _CONFIRMED_OFFSET)

    def _acquire(self) -> tuple[int, Identity | None]:
        while True:
            descriptor = self._open()
            self._descriptor = descriptor
            try:
                if _try_lock(descriptor, fcntl.LOCK_EX):
                    if self._is_current(descriptor):
                        return descriptor, None
                elif (
                    _try_lock(descriptor, fcntl.LOCK_SH)
                    and self._is_current(descriptor)
                    and (running := _read(descriptor)) is not None
                ):
                    return descriptor, running
                self._pause()
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _open(self) -> int:
        flags = os.O_RDWR | self._flags | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self._lock_path, flags, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"The database {self._path} cannot be written: its lock file "
                f"{self._lock_path.name} cannot be used ({(error.strerror or 'refused').lower()})."
            ) from error
        privatefile.give_to_owner_of(descriptor, self._path)
        return descriptor

    def _is_current(self, descriptor: int) -> bool:
        """Returns true unless the lock file was replaced while it was waited for."""
        try:
            found, held = self._lock_path.stat(), os.fstat(descriptor)
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)

    def _lock(self, kind: int) -> None:
        while not _try_lock(self._descriptor, kind):
            self._pause()

    def _pause(self) -> None:
        if time.monotonic() > self._deadline:
            raise ConfigurationError(_BUSY.format(self._path))
        time.sleep(_PAUSE_SECONDS)


def lock_path(path: Path) -> Path:
    """Returns the lock file of a database."""
    absolute = path.absolute()
    return absolute.with_name(f".{absolute.name}.lock")


def other_kind(path: Path) -> str | None:
    """Returns the sentence for a database of which a file is a pipe, a device or a directory.

    To be asked before any of them is opened, which waits for ever for the writer of a pipe.
    """
    real = os.path.realpath(path)
    for each in (path, Path(f"{real}-wal"), Path(f"{real}-shm"), lock_path(path)):
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(each.stat().st_mode):
                return f"The database {path} cannot be used: {each} is not a file."
    return None


def require_files(path: Path) -> None:
    """Raises `ConfigurationError` as `other_kind` has it."""
    if (found := other_kind(path)) is not None:
        raise ConfigurationError(found)


def running(path: Path) -> Identity | None:
    """Returns the file that running processes use at this path, or None. Changes nothing.

    Raises `OSError` where the lock file cannot be read.
    """
    try:
        descriptor = os.open(lock_path(path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return None if _try_lock(descriptor, fcntl.LOCK_EX) else _read(descriptor)
    finally:
        os.close(descriptor)


def confirmed(path: Path) -> int | None:
    """Returns the number of the last write that a running process confirmed, or None.

    Raises `OSError` where the lock file cannot be read.
    """
    if running(path) is None:
        return None
    found = mark(path)
    return None if found is None else found.writes


def mark(path: Path) -> Mark | None:
    """Returns the mark of the processes that use the file, or of the last one that was killed.

    Raises `OSError` where the lock file cannot be read.
    """
    try:
        content = lock_path(path).read_bytes()
    except FileNotFoundError:
        return None
    identity = _parse(content[:_LONGEST])
    number = content[_CONFIRMED_OFFSET:][:_CONFIRMED_BYTES]
    if identity is None or len(number) < _CONFIRMED_BYTES:
        return None
    return Mark(identity, int.from_bytes(number))


def require_running(path: Path) -> None:
    """Raises `ConfigurationError` if processes use another file than the one at the path."""
    with contextlib.suppress(OSError):
        used = running(path)
        if used is not None and not is_at(path, used):
            raise ConfigurationError(OTHER_FILE.format(path))


def is_at(path: Path, identity: Identity) -> bool:
    """Returns true if the file at the path is the one of this identity."""
    try:
        found = path.stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (identity.device, identity.inode)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Identity | None:
    return _parse(os.pread(descriptor, _LONGEST, 0))


def _parse(content: bytes) -> Identity | None:
    line, _, _ = content.partition(b"\n")
    return Identity.parse(line.decode("ascii", "replace"))
