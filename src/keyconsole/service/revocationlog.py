"""A log of revokes beside the database, from which they are made again after a restore.

A backup is older than now: a key that was revoked since is alive in it. Each revoke is a line of
JSON here, with a MAC, and is on the disk before it is answered. Each process has a file of its
own: `PATH`, or the first of `PATH.1`, `PATH.2`… that no other one holds.
"""

import asyncio
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from keyconsole.core import credential
from keyconsole.core.errors import ConfigurationError
from keyconsole.local import inputfile
from keyconsole.service.appendedfile import AppendedFile
from keyconsole.service.clock import moment
from keyconsole.service.logs import log
from keyconsole.service.rootkeys import RootKey, RootKeys
from keyconsole.service.tasks import PeriodicTask

LONGEST_FILE = 1 << 30
_LABEL = b"keyconsole/revocation/1\0"
_MOST_KEPT = 100_000
"""The number of lines that are kept in memory while the file cannot be written."""


class LoggedRevoke(NamedTuple):
    """A revoke: the key, its workspace and the time, in ms."""

    pid: str
    workspace_id: str
    at: int


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line of a log that cannot be used, and the reason."""

    path: Path
    number: int
    why: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.number:,}: {self.why}"


class RevocationLog(PeriodicTask):
    """Appends revokes to the log. One that cannot be written stops no revoke: its lines wait."""

    def __init__(self, path: Path | None, roots: RootKeys) -> None:
        super().__init__(
            self._write_left,
            name="revocation log",
            undone="revokes are not logged: the store does not answer",
        )
        self._path = path
        self._roots = roots
        self._file: AppendedFile | None = None
        self._left: list[bytes] = []
        self._writing = asyncio.Lock()
        self._obstacle: str | None = None

    @property
    def unwritten(self) -> int:
        """The number of revokes that wait for a file that cannot be written."""
        return len(self._left)

    def start(self) -> None:
        """Starts to try again what could not be written, once a second, if there is a log."""
        if self._path is not None:
            super().start()

    async def aclose(self) -> None:
        """Ends the task, writes what is left and releases the file."""
        await super().aclose()
        await self._write_left()
        if self._file is not None:
            self._file.close()

    async def append(self, revokes: Iterable[LoggedRevoke]) -> None:
        """Writes revokes, and returns once they are on the disk or it is known that they cannot be.

        Call it before the transaction of the revokes is committed: then each revoke in the database
        is in the log too. One whose commit fails is in the log alone.
        """
        if self._path is not None:
            self._left += [_line(self._roots.newest, each) for each in revokes]
            await self._write_left()

    async def _write_left(self) -> None:
        async with self._writing:
            if not self._left or self._path is None:
                return
            lines, obstacle = list(self._left), None
            try:
                await asyncio.to_thread(self._write, self._path, lines)
                del self._left[: len(lines)]
            except OSError as error:
                obstacle = error.strerror or "the system refused"
                del self._left[:-_MOST_KEPT]
            if obstacle is not None and obstacle != self._obstacle:
                log.error("revokes cannot be logged: a restore would not know them",
                          reason=obstacle)  # fmt: skip
            self._obstacle = obstacle

    def _write(self, path: Path, lines: Sequence[bytes]) -> None:
        if self._file is None or not self._file.acquire():
            self._file = _own_file(path)
        self._file.write(b"".join(lines))


def _own_file(path: Path) -> AppendedFile:
    """Returns the first file that no other process holds. A line that was cut short is ended."""
    for number in count():
        file = AppendedFile(path.with_name(f"{path.name}.{number}") if number else path)
        if file.acquire():
            break
    descriptor = file.descriptor or 0
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        file.write(b"\n")
    return file


def _line(root: RootKey, revoke: LoggedRevoke) -> bytes:
    content = {
        "public_key": credential.public_key(revoke.pid),
        "workspace_id": revoke.workspace_id,
        "at": revoke.at,
        "revoked_at": moment(revoke.at).isoformat(),
        "root_id": root.id,
    }
    return json.dumps(content | {"mac": _mac(root, revoke)}).encode() + b"\n"


def _mac(root: RootKey, revoke: LoggedRevoke) -> str:
    message = b"%b%b\0%b\0%d" % (
        _LABEL, revoke.pid.encode(), revoke.workspace_id.encode(), revoke.at
    )  # fmt: skip
    return hmac.digest(root.revocation_key, message, "sha256").hex()


def read(path: Path, roots: RootKeys) -> Iterator[LoggedRevoke | UnreadableLine]:
    """Yields the revokes of a log, and each line that is none. Raises `ConfigurationError`."""
    try:
        content = inputfile.read(path, longest=LONGEST_FILE).content
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _parse(line, roots)
        except _WrongLineError as error:
            is_cut = number == len(lines)
            yield UnreadableLine(path, number, "it was cut" if is_cut else str(error))


class _WrongLineError(Exception):
    pass


def _parse(line: bytes, roots: RootKeys) -> LoggedRevoke:
    try:
        said = json.loads(line)
        revoke = LoggedRevoke(
            credential.pid_of(said["public_key"]), str(said["workspace_id"]), int(said["at"])
        )
        root_id, mac = str(said["root_id"]), str(said["mac"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _WrongLineError("it is no revoke") from None
    if root_id not in roots:
        raise _WrongLineError(f"its root key {root_id[:20]} is not loaded")
    if not hmac.compare_digest(_mac(roots[root_id], revoke).encode(), mac.encode()):
        raise _WrongLineError("its MAC is wrong: somebody else wrote or changed it")
    return revoke
