"""Where credentials stand in files, found on this machine. Nothing of them is kept but names."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from keyconsole import credential
from keyconsole.credential import CREDENTIAL_LENGTH, Kind

BLOCK = 1 << 20
NOT_ENTERED = frozenset({".git", ".hg", ".svn"})
"""What a version control system packs away is not text, and its own tools look there better."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A credential in a file: where, of which kind, and its harmless name. Never its value.

    `line` and `column` begin at 1 and count bytes. `digest` proves possession and stays in
    memory until somebody asks a service about it.
    """

    path: str
    line: int
    column: int
    kind: Kind
    public_key: str
    digest: str

    @property
    def masked(self) -> str:
        """The value as it can be shown."""
        return f"{self.kind}_{self.public_key[4:]}_…"


def files_below(path: Path) -> Iterator[Path]:
    """The files of a directory tree, by name; links are not followed. A file is itself."""
    if not path.is_dir():
        yield path
        return
    for directory, below, names in os.walk(path):
        below[:] = sorted(name for name in below if name not in NOT_ENTERED)
        for name in sorted(names):
            found = Path(directory) / name
            if found.is_file() and not found.is_symlink():
                yield found


def find_in(stream: BinaryIO, path: str) -> Iterator[Leak]:
    """The credentials in a stream, whatever else is in it; it is read block by block."""
    kept, line, line_start, offset = b"", 1, 0, 0
    while block := stream.read(BLOCK):
        window = kept + block
        counted = 0
        text = window.decode("latin-1")
        for start, found in credential.locate(text):
            if start + CREDENTIAL_LENGTH <= len(kept):
                continue  # it was found in the block before
            line += window.count(b"\n", counted, start)
            before = window.rfind(b"\n", 0, start)
            line_start = offset + before + 1 if before >= 0 else line_start
            counted = start
            yield Leak(
                path=path,
                line=line,
                column=offset + start - line_start + 1,
                kind=found.kind,
                public_key=found.public_key,
                digest=credential.digest(found.text).hex(),
            )
        keep = min(CREDENTIAL_LENGTH - 1, len(window))
        end = len(window) - keep
        if counted < end:
            line += window.count(b"\n", counted, end)
        else:
            line -= window.count(b"\n", end, counted)
        before = window.rfind(b"\n", 0, end)
        line_start = offset + before + 1 if before >= 0 else line_start
        kept, offset = window[end:], offset + end
