"""A file that one process at a time appends to, and that is on the disk when a write returns."""

import errno
import fcntl
import os
import stat
from pathlib import Path

from keyconsole.local import privatefile


class AppendedFile:
    """A file of JSON lines, of mode 0600, and the lock on it, which whoever appends to it holds.

    A file that was moved away, by logrotate perhaps, is left for a new one at its path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = None

    def acquire(self) -> bool:
        """Returns true if this process holds the lock, and so writes. Raises `OSError`."""
        if self.descriptor is not None and not self._is_at_path(self.descriptor):
            self.close()
        if self.descriptor is not None:
            return True
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
        is_new = not self.path.exists()
        descriptor = os.open(self.path, flags, 0o600)
        try:
            if is_new:
                privatefile.give_to_owner_of(descriptor, self.path.absolute().parent)
            _lock(descriptor)
            _require_lines(descriptor)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self.descriptor = descriptor
        self.opened(descriptor)
        return True

    def opened(self, descriptor: int) -> None:
        """Does nothing here; called with the descriptor of each file that was opened and locked."""

    def end(self, length: int) -> bytes:
        """Returns the last bytes of the file, at most so many. Raises `OSError`."""
        if self.descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        size = os.fstat(self.descriptor).st_size
        return os.pread(self.descriptor, length, max(0, size - length))

    def write(self, content: bytes) -> None:
        """Appends all of it and syncs the file, or raises `OSError` and appends nothing."""
        if self.descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        size = os.fstat(self.descriptor).st_size
        if os.write(self.descriptor, content) < len(content):
            os.ftruncate(self.descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Releases the lock, so that another process writes."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def _is_at_path(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False


def _lock(descriptor: int) -> None:
    """Takes the lock on a file. Raises `OSError` for a pipe or a device, which would block."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "It is not a file")
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _require_lines(descriptor: int) -> None:
    """Raises `OSError` for a file of something else, which lines would damage.

    A wrong path, or a link that somebody made, may lead to the database or to the root keys.
    """
    if os.pread(descriptor, 1, 0) not in (b"", b"\n", b"{"):
        raise OSError(errno.EINVAL, "It is a file of something else")
