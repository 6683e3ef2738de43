"""File descriptors of database files, shared within the process.

POSIX drops every lock of a process on a file when the process closes any descriptor of it
(fcntl(2)), so a database file must not be opened and closed beside SQLite. A descriptor is closed
when the last one who acquired it releases it, after its connections are closed.
"""

import os
import threading
from pathlib import Path

_lock = threading.Lock()
_by_file: dict[tuple[int, int], int] = {}
_users: dict[int, int] = {}


def acquire(path: Path) -> int:
    """Returns a descriptor to read the file at this path; raises `OSError`."""
    with _lock:
        found = path.stat()
        key = (found.st_dev, found.st_ino)
        descriptor = _by_file.get(key)
        if descriptor is None:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            opened = os.fstat(descriptor)
            _by_file[opened.st_dev, opened.st_ino] = descriptor
        _users[descriptor] = _users.get(descriptor, 0) + 1
        return descriptor


def release(descriptor: int) -> None:
    """Releases a descriptor, which its last user closes."""
    with _lock:
        _users[descriptor] -= 1
        if not _users[descriptor]:
            del _users[descriptor]
            for key in [key for key, held in _by_file.items() if held == descriptor]:
                del _by_file[key]
            os.close(descriptor)
