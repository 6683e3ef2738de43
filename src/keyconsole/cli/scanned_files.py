"""The files that `scan` reads, and those that it cannot read or does not open, with the reason."""

import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO, NamedTuple

NOT_ENTERED = frozenset({".git", ".hg", ".svn"})
"""Directories of version control, whose packed contents `scan --history` reads."""

_OPENED_BY_THE_SHELL = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")


class Unread(NamedTuple):
    """Something that was not searched, or not all of it.

    A pipe, a socket or a device in a tree holds no content that could be searched.
    """

    path: str
    reason: str
    holds_content: bool = True


def files_below(path: Path, skip: Sequence[str] = ()) -> Iterator[Path | Unread]:
    """The files of a directory tree, by name; a file is itself.

    Links inside the tree are not followed; one that leads nowhere is unread. `skip` are patterns
    of names or of paths that are left out.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield Unread(str(path), reason_of(error, path))
        return
    if stat.S_ISDIR(mode):
        yield from _below(path, skip)
    elif stat.S_ISREG(mode) or str(path).startswith(_OPENED_BY_THE_SHELL):
        yield path
    else:
        yield Unread(str(path), _kind(mode))


def _below(directory: Path, skip: Sequence[str]) -> Iterator[Path | Unread]:
    try:
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield Unread(str(directory), reason_of(error, directory))
        return
    below = []
    for entry in found:
        path = Path(entry.path)
        if is_skipped(entry.path, skip):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif entry.is_symlink():
                path.stat()
            else:
                mode = entry.stat(follow_symlinks=False).st_mode
                is_file = stat.S_ISREG(mode)
                yield path if is_file else Unread(entry.path, _kind(mode), holds_content=False)
        except OSError as error:
            yield Unread(entry.path, reason_of(error, path))
    for path in below:
        if path.name not in NOT_ENTERED:
            yield from _below(path, skip)


def is_skipped(path: str, skip: Sequence[str]) -> bool:
    """Returns if a path, or the last part of it, matches one of the patterns."""
    return any(fnmatch(path, each) or fnmatch(path.rpartition("/")[2], each) for each in skip)


def open_file(path: Path) -> BinaryIO:
    """A file to read. Raises `OSError`; nothing that took its place meanwhile is waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode) and not str(path).startswith(_OPENED_BY_THE_SHELL):
        os.close(descriptor)
        raise OSError(None, _kind(mode), str(path))
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def reason_of(error: OSError, path: Path) -> str:
    """Returns why a file could not be read, in lower case."""
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return "it is a link that leads nowhere"
    return (error.strerror or "the system refused").lower()


def _kind(mode: int) -> str:
    for is_kind, name in (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a disk"),
        (stat.S_ISDIR, "a directory"),
    ):
        if is_kind(mode):
            return f"it is {name}, which is not opened"
    return "it is not a file"
