"""Finds credentials in files, on this machine. Only their names are kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from keyconsole.core import credential, credentialtext
from keyconsole.core.credential import Kind
from keyconsole.core.credentialtext import LONGEST_FORM

BLOCK = 1 << 20

_ARCHIVES = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x1f\x9d": "compress",
}

_LONGEST_POINTER = 1024
_POINTERS = {
    re.compile(rb"version https?://(?:git-lfs|hawser)\.github\.com/spec/"): "Git LFS",
    re.compile(rb"(?:/|(?:\.\./)*\.git/)annex/objects/"): "git-annex",
}


class Readable(Protocol):
    """A stream of bytes, as far as it is needed here."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class ElsewhereError(Exception):
    """The bytes of a stream were searched, its content was not: `str` of it says the reason."""


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
        """Returns the name of the credential, with its secret left out."""
        return f"{self.kind}_{self.public_key[4:]}_…"


def find_in(stream: Readable, path: str) -> Iterator[Leak]:
    """The credentials in a stream, whatever else is in it; it is read block by block.

    Raises `ElsewhereError` at the end of an archive, or of what only points to a content.
    """
    kept, line, line_start, offset = b"", 1, 0, 0
    reason = ""
    while block := stream.read(BLOCK):
        window = kept + block
        if not offset:
            reason = unsearchable(window)
        counted = 0
        text = window.decode("latin-1")
        for start, end, found in credentialtext.locate(text):
            if end <= len(kept):
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
        keep = min(LONGEST_FORM - 1, len(window))
        cut = len(window) - keep
        if counted < cut:
            line += window.count(b"\n", counted, cut)
        else:
            line -= window.count(b"\n", cut, counted)
        before = window.rfind(b"\n", 0, cut)
        line_start = offset + before + 1 if before >= 0 else line_start
        kept, offset = window[cut:], offset + cut
    if reason:
        raise ElsewhereError(reason)


def unsearchable(content: bytes) -> str:
    """Returns why a content that begins so cannot be searched by its bytes; empty where it can."""
    for magic, name in _ARCHIVES.items():
        if content.startswith(magic):
            return f"it is an archive ({name}), which is not looked into"
    for pattern, name in _POINTERS.items():
        if len(content) <= _LONGEST_POINTER and pattern.match(content):
            return f"it is a pointer of {name}, whose content is not here"
    if content.startswith(b"\0GITCRYPT\0"):
        return "it is encrypted by git-crypt"
    return ""
