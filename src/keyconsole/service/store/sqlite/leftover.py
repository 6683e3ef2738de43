"""The check that a write-ahead log which was left behind belongs to the database beside it.

A process that was killed leaves its log, and the next one that opens the database applies it. If
another copy was put in the place of the database meanwhile, that mixes two states: pages that the
log does not hold stay as old as the copy, revoked keys among them. SQLite does not notice. The
number of write transactions (`identity`) tells: a log begins with the write after the last one
that is in the file, and the last one that was confirmed stands in the lock file (`lease`).
"""

import contextlib
import os
import sqlite3
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store.sqlite import descriptors, lease
from keyconsole.service.store.sqlite.identity import (
    connect,
    is_before,
    writes_in_header,
    writes_of,
)

_HEADER, _FRAME_HEADER = 32, 24
_MAGIC = 0x377F0682
_WORD = 0xFFFFFFFF
_WRITES_OFFSET = 60
_MOST_BYTES = 16 * 1024 * 1024
"""Bytes of a log that are read at most; usually it has 4 MiB."""

MIXED = (
    "{0} is another copy than the one that its write-ahead log {0}-wal belongs to. Put the right "
    "file back; or, if the copy is meant, move the -wal and the -shm away: what was written after "
    "the copy is lost then, revokes too."
)

INCOMPLETE = (
    "{0} lacks {1:,} of the writes that the service confirmed before it ended, revokes perhaps "
    "among them: its write-ahead log {0}-wal was removed or cut, or an older copy was put "
    "in its place. Put the right files back; or, if this state is meant, remove {2} first."
)


def require_confirmed_writes(path: Path) -> None:
    """Raises `ConfigurationError` if the file lacks writes that a process confirmed.

    To be asked after `require_own_log`, by the first process that uses the file.
    """
    with contextlib.suppress(OSError, sqlite3.Error):  # they have sentences of their own
        if lease.mark(path) is None or not path.exists():
            return
        with contextlib.closing(connect(path)) as raw:
            found = lost_writes(path, raw)
        if found is not None:
            raise ConfigurationError(found)


def lost_writes(path: Path, raw: sqlite3.Connection) -> str | None:
    """Returns what to do if an open file that no process uses lacks confirmed writes, or None.

    Raises `OSError` and `sqlite3.Error`.
    """
    mark, writes = lease.mark(path), writes_of(raw)
    if mark is None or not is_before(writes, mark.writes):
        return None
    (id_,) = raw.execute("SELECT id FROM database_identity").fetchone()
    if id_ != mark.identity.id:
        return None
    return INCOMPLETE.format(path, (mark.writes - writes) & _WORD, lease.lock_path(path))


def require_own_log(path: Path) -> None:
    """Raises `ConfigurationError` if a log that no process uses belongs to another state.

    To be asked before the database is opened, which applies the log.
    """
    with contextlib.suppress(OSError):  # no file, or one that is refused with its own sentence
        if (found := foreign_log(path)) is not None:
            raise ConfigurationError(found)


def foreign_log(path: Path) -> str | None:
    """Returns what to do if a log that no process uses belongs to another state, or None.

    Raises `OSError`. Blocks.
    """
    real = Path(os.path.realpath(path))
    try:
        with Path(f"{real}-wal").open("rb") as file:
            numbers = list(_writes(file.read(_MOST_BYTES)))
    except FileNotFoundError:
        return None
    descriptor = descriptors.acquire(real)
    try:
        written = writes_in_header(descriptor)
    finally:
        descriptors.release(descriptor)
    if not numbers or written is None:
        return None
    is_older = is_before(written, (numbers[0] - 1) & _WORD)
    is_newer = is_before(numbers[-1], written)
    return MIXED.format(path) if is_older or is_newer else None


def _writes(log: bytes) -> Iterator[int]:
    """Yields the numbers of writes in the committed frames of the first page, in order.

    https://sqlite.org/fileformat2.html#the_write_ahead_log
    """
    if len(log) < _HEADER:
        return
    magic, _, page_size = struct.unpack_from(">3I", log)
    if magic & ~1 != _MAGIC or page_size < 512:
        return
    order = ">" if magic & 1 else "<"
    sums = _checksum(order, log[:24], (0, 0))
    if sums != struct.unpack_from(">2I", log, 24):
        return
    frame = _FRAME_HEADER + page_size
    waiting: list[int] = []
    for start, end in pairwise(range(_HEADER, len(log) + 1, frame)):
        page, committed = struct.unpack_from(">2I", log, start)
        sums = _checksum(order, log[start : start + 8] + log[start + _FRAME_HEADER : end], sums)
        if log[start + 8 : start + 16] != log[16:24] or sums != struct.unpack_from(
            ">2I", log, start + 16
        ):
            return
        if page == 1:
            waiting += struct.unpack_from(">I", log, start + _FRAME_HEADER + _WRITES_OFFSET)
        if committed:
            yield from waiting
            waiting.clear()


def _checksum(order: str, content: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    for one, two in struct.iter_unpack(f"{order}2I", content):
        first = (first + one + second) & _WORD
        second = (second + two + first) & _WORD
    return first, second
