"""A search for credentials in files, standard input or Git, and what could not be searched."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from keyconsole.cli import gitobjects, leaks, prompts
from keyconsole.cli.leaks import ElsewhereError, Leak, Readable
from keyconsole.cli.scanned_files import (
    Unread,
    files_below,
    is_skipped,
    open_file,
    reason_of,
)
from keyconsole.core.credentialtext import redact
from keyconsole.core.safetext import show

STANDARD_INPUT = "-"
_TYPES = frozenset({"blob", "commit", "tag"})


@dataclass
class Search:
    """Collects and prints findings, and the files that could not be read."""

    skip: Sequence[str] = ()
    found: list[Leak] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def paths(self, names: Sequence[str]) -> None:
        """Search files, directories and standard input."""
        for name in names:
            if name == STANDARD_INPUT:
                if sys.stdin is None:
                    self._tell(Unread(name, "standard input is closed"))
                else:
                    self._search(sys.stdin.buffer, name)
                continue
            for each in files_below(Path(name), self.skip):
                if isinstance(each, Unread):
                    self._tell(each)
                else:
                    self._file(each, str(each))

    def git(self, items: Iterable[gitobjects.Item | Unread], top: Path | None = None) -> None:
        """Search contents of Git. What it does not hold yet is read from the work tree at `top`."""
        with gitobjects.contents() as content:
            for item in items:
                path = item.path
                if is_skipped(path, self.skip):
                    continue
                if isinstance(item, Unread):
                    self._tell(item)
                elif (oid := item.oid) is None:
                    self._file((top or Path()) / path, path)
                elif (read := content(oid)) is None:
                    self._tell(Unread(path, "git does not have it here"))
                else:
                    kind, stream = read
                    if kind in _TYPES:
                        self._search(stream, path)
                    stream.drain()

    def _file(self, path: Path, name: str) -> None:
        try:
            if path.is_symlink() and name != str(path):  # Git keeps where a link leads
                self._search(BytesIO(os.fsencode(path.readlink())), name)
                return
            with open_file(path) as stream:
                self._search(stream, name)
        except OSError as error:
            self._tell(Unread(name, reason_of(error, path)))

    def _search(self, stream: Readable, name: str) -> None:
        try:
            for leak in leaks.find_in(stream, redact(name)):
                self.found.append(leak)
        except ElsewhereError as error:
            self._tell(Unread(name, str(error)))
        except OSError as error:
            self._tell(Unread(name, reason_of(error, Path(name))))

    def _tell(self, unread: Unread) -> None:
        unread = unread._replace(path=redact(unread.path))
        if unread.holds_content:
            self.unread.append(unread)
        prompts.tell(f"{show(unread.path)} could not be read: {unread.reason}.")
