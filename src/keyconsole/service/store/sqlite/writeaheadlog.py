"""The check that the write-ahead log of a database is the one that SQLite wrote.

SQLite finds the frames of the log by its index and trusts them: where an older frame took the place
of one, an older state is read, and the next start ends the log there. No two frames have the same
checksum, since each covers all frames before it (https://sqlite.org/walformat.html).
"""

import os
import struct
import threading

_LOG_HEADER, _FRAME_HEADER = 32, 24
_INDEX_HEADER, _LAST_FRAME_OFFSET = 96, 16
_BEFORE_SALTS, _SALTS = 8, 8

MOST = 10_000
"""Frames whose checksums are remembered; a log has a thousand unless a reader holds it up."""


class WriteAheadLog:
    """The log and its index, both open, and the frames that were seen in it."""

    def __init__(self, descriptor: int, index_descriptor: int, page_size: int) -> None:
        self._descriptor, self._index_descriptor = descriptor, index_descriptor
        self._frame_size = _FRAME_HEADER + page_size
        self._looking = threading.Lock()
        self._begin_again(b"")

    def _begin_again(self, salts: bytes) -> None:
        self._salts = salts
        self._last = 0
        self._known: set[bytes] = set()
        self._newest: dict[int, bytes] = {}

    def has_hole(self, size: int) -> bool:
        """Returns true if a part of the log was never written: it was cut while a write began.

        The write made it as long again as it was. SQLite itself leaves no hole.
        """
        try:
            return os.lseek(self._descriptor, 0, os.SEEK_HOLE) < size
        except OSError:
            return False  # an empty log, or a file system that has no holes

    def is_whole(self) -> bool:
        """Returns true if every frame since the last look is new, and those before it are there.

        The last frame has to be the one that the index names. A writer may be at work, so the index
        has to say the same before and after. A log that begins again has other salts.
        """
        with self._looking:
            index = os.pread(self._index_descriptor, _INDEX_HEADER, 0)
            first, second = index[: _INDEX_HEADER // 2], index[_INDEX_HEADER // 2 :]
            (last,) = struct.unpack_from("=I", index, _LAST_FRAME_OFFSET)
            if first != second or not last:
                return True
            checksum = struct.unpack_from("=2I", index, _LAST_FRAME_OFFSET + 8)
            salts = index[_LAST_FRAME_OFFSET + 16 :][:_SALTS]
            if self._remember(last, salts, salts + struct.pack(">2I", *checksum)):
                return True
            return index != os.pread(self._index_descriptor, _INDEX_HEADER, 0)

    def _remember(self, last: int, salts: bytes, expected: bytes) -> bool:
        """Looks at the frames up to the last; returns false if one is not what it has to be."""
        if salts != self._salts or last < self._last:
            self._begin_again(salts)
        if any(self._seal(number) != seal for number, seal in self._newest.items()):
            return False
        if last == self._last:
            return self._newest[last] == expected
        numbers = range(max(self._last, last - MOST) + 1, last + 1)
        seals = [self._seal(number) for number in numbers]
        if seals[-1] != expected or any(seal[:_SALTS] != salts for seal in seals):
            return False
        new = set(seals)
        if len(new) < len(seals) or not new.isdisjoint(self._known):
            return False
        if len(self._known) > MOST:
            self._known.clear()
        self._known |= new
        self._newest = dict(list(zip(numbers, seals, strict=True))[-2:])
        self._last = last
        return True

    def _seal(self, number: int) -> bytes:
        """Returns the salts and the checksum of a frame, counted from 1."""
        place = _LOG_HEADER + (number - 1) * self._frame_size
        return os.pread(self._descriptor, _FRAME_HEADER, place)[_BEFORE_SALTS:]
