"""A log of revokes beside the database, from which they are made again after a restore.

A backup is older than now: a key that was revoked since is alive in it. Each revoke is a line of
JSON here, with a MAC over it and over the MAC of the line before, and is on the disk before it is
answered. Each process has a file of its own: `PATH`, or the first of `PATH.1`, `PATH.2`… that no
other one holds.
"""

import asyncio
import contextlib
import hmac
import json
import re
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
"""The number of revokes that are kept in memory while the file cannot be written."""
_A_MAC = re.compile("[0-9a-f]{64}")
_END_BYTES = 4096
"""Bytes at the end of a file in which its last line is looked for; one has some 400."""


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
        self._file: _File | None = None
        self._left: list[LoggedRevoke] = []
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
            self._left += revokes
            await self._write_left()

    async def _write_left(self) -> None:
        async with self._writing:
            if not self._left or self._path is None:
                return
            revokes, obstacle = list(self._left), None
            try:
                await asyncio.to_thread(self._write, self._path, revokes)
                del self._left[: len(revokes)]
            except OSError as error:
                obstacle = error.strerror or "the system refused"
                del self._left[:-_MOST_KEPT]
            if obstacle is not None and obstacle != self._obstacle:
                log.error("revokes cannot be logged: a restore would not know them",
                          reason=obstacle)  # fmt: skip
            self._obstacle = obstacle

    def _write(self, path: Path, revokes: Sequence[LoggedRevoke]) -> None:
        if self._file is None or not self._file.acquire():
            self._file = _own_file(path)
        self._file.append(self._roots.newest, revokes)


class _File(AppendedFile):
    """A file of revokes, each of which names the line before it by its MAC."""

    _previous: str | None = None
    """The MAC of the last line that this process wrote; None to look it up in the file."""

    def opened(self, descriptor: int) -> None:  # noqa: ARG002
        """Begins with what is in the file."""
        self._previous = None

    def append(self, root: RootKey, revokes: Iterable[LoggedRevoke]) -> None:
        """Appends revokes. A line that was cut, by a crash or by somebody, is ended first."""
        end = self.end(_END_BYTES)
        previous = _last_mac(end) if self._previous is None else self._previous
        self._previous = None  # a write that fails may have left its lines
        lines = [b"\n"] if end and not end.endswith(b"\n") else []
        for revoke in revokes:
            line, previous = _line(root, revoke, previous)
            lines.append(line)
        self.write(b"".join(lines))
        self._previous = previous


def _own_file(path: Path) -> _File:
    """Returns the first file that no other process holds."""
    for number in count():
        file = _File(path.with_name(f"{path.name}.{number}") if number else path)
        if file.acquire():
            break
    return file


def _last_mac(end: bytes) -> str:
    """Returns the MAC of the last line that has one; empty where none is found."""
    for line in reversed(end.split(b"\n")):
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
            if _A_MAC.fullmatch(mac := json.loads(line)["mac"]):
                return str(mac)
    return ""


def _line(root: RootKey, revoke: LoggedRevoke, previous: str) -> tuple[bytes, str]:
    """Returns the line of a revoke, after the line with the MAC `previous`, and its own MAC."""
    content = {
        "public_key": credential.public_key(revoke.pid),
        "workspace_id": revoke.workspace_id,
        "at": revoke.at,
        "revoked_at": moment(revoke.at).isoformat(),
        "root_id": root.id,
        "previous": previous,
    }
    mac = _mac(root, revoke, previous)
    return json.dumps(content | {"mac": mac}).encode() + b"\n", mac


def _mac(root: RootKey, revoke: LoggedRevoke, previous: str) -> str:
    """Returns the MAC of a line; raises `ValueError` for text that no line of ours has."""
    message = b"%b%b\0%b\0%d\0%b" % (
        _LABEL, revoke.pid.encode(), revoke.workspace_id.encode(), revoke.at, previous.encode()
    )  # fmt: skip
    return hmac.digest(root.revocation_key, message, "sha256").hex()


def read(path: Path, roots: RootKeys) -> Iterator[LoggedRevoke | UnreadableLine]:
    """Yields the revokes of a log, each line that is none, and each place where lines are missing.

    A line without one before it begins a file, also where several were joined. What was taken from
    the end of a file is not missed. Raises `ConfigurationError`.
    """
    try:
        content = inputfile.read(path, longest=LONGEST_FILE + 1).content
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > LONGEST_FILE:
        raise ConfigurationError(f"{path} is longer than {LONGEST_FILE:,} bytes: split it.")
    lines, last = content.split(b"\n"), ""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            revoke, previous, mac = _parse(line, roots)
        except _WrongLineError as error:
            is_cut = number == len(lines)
            yield UnreadableLine(path, number, "it was cut" if is_cut else str(error))
            continue
        if previous not in ("", last):
            yield UnreadableLine(path, number, "lines before it are missing")
        last = mac
        yield revoke


class _WrongLineError(Exception):
    pass


def _parse(line: bytes, roots: RootKeys) -> tuple[LoggedRevoke, str, str]:
    """Returns the revoke of a line, the MAC of the line before, and its own."""
    try:
        said = json.loads(line)
        revoke = LoggedRevoke(
            credential.pid_of(said["public_key"]), str(said["workspace_id"]), int(said["at"])
        )
        root_id, previous, mac = (str(said[name]) for name in ("root_id", "previous", "mac"))
        if root_id not in roots:
            raise _WrongLineError(f"its root key {ascii(root_id[:20])[1:-1]} is not loaded")
        is_ours = hmac.compare_digest(_mac(roots[root_id], revoke, previous).encode(), mac.encode())
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise _WrongLineError("it is no revoke") from None
    if not is_ours:
        raise _WrongLineError("its MAC is wrong: somebody else wrote or changed it")
    return revoke, previous, mac
