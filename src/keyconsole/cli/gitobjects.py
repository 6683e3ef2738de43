"""Reads contents from Git: those of the index, of changed files and of history.

Everything is read with Git's plumbing, so that the index and the objects decide and not the work
tree, a pager, a filter, a replacement (`git replace`) or a setting of the person. What a commit
names and does not hold is listed as unread: submodules, and what came before a shallow clone.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from keyconsole.cli.scanned_files import Unread
from keyconsole.core.errors import UsageError

_SUBMODULE = "160000"
_EMPTY_MODE = "000000"
_ELSEWHERE = "it is a submodule, whose commit is in another repository"
_UNMERGED = "U"
_IN_CONFLICT = "it is in conflict, and the index does not say what would be committed"
_NOT_LOOKED_AT = "Git is told to take it for unchanged (update-index)"
_BEFORE = "the clone is shallow, and does not have what came before"
_GIT = ("git", "--no-replace-objects")
# Against every default that a person may have configured; a rename is a new file.
_RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--no-relative", "--ignore-submodules=none", "--diff-filter=ACMRTU")  # fmt: skip


class Item(NamedTuple):
    """A content by its object id, or without one a file of the work tree."""

    path: str
    oid: str | None


class Limited:
    """The next `size` bytes of a stream."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        read = self._stream.read(min(size, self._left))
        self._left -= len(read)
        return read

    def drain(self) -> None:
        """Read what is left, with the line end that follows it."""
        while self.read(1 << 20):
            pass
        self._stream.read(1)


def staged() -> list[Item | Unread]:
    """Returns the files that a commit would change, as in the index. Raises `UsageError`."""
    return _changed("diff", "--cached", *_RAW)


def changed(revisions: str) -> list[Item | Unread]:
    """Returns the differences between two revisions, or between one and the work tree."""
    found = _changed("diff", *_RAW, "--end-of-options", revisions, "--")
    return found if ".." in revisions else [*found, *_taken_for_unchanged()]


def history(revisions: str) -> list[Item | Unread]:
    """Every object that came in with a range of commits, messages of commits and tags included."""
    # `--stdin` would take options from it; a range is none.
    listed = _run("rev-list", "--objects", "--end-of-options", revisions, "--")
    commits = _run("rev-list", "--end-of-options", revisions, "--")
    cut = {*_shallow()}.intersection(commits.split())
    items: list[Item | Unread] = [Unread(f"{oid[:12].decode()}:commit", _BEFORE) for oid in cut]
    items += _submodules_of(commits)
    for line in listed.splitlines():
        oid, _, path = line.partition(b" ")
        name = os.fsdecode(path) or "commit"
        items.append(Item(f"{oid[:12].decode()}:{name}", oid.decode()))
    return items


@contextmanager
def contents() -> Iterator[Callable[[str], tuple[str, Limited] | None]]:
    """A function from an object id to its type and content; nothing for a missing one.

    The content is to be drained before the next one is asked for.
    """
    with subprocess.Popen(  # noqa: S603 - no shell, and nothing in it is typed
        [*_GIT, "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None and answered is not None  # noqa: S101, PT018 - both are pipes

        def content(oid: str) -> tuple[str, Limited] | None:
            asked.write(f"{oid}\n".encode())
            asked.flush()
            _, kind, *size = answered.readline().decode().split()
            return (kind, Limited(answered, int(size[0]))) if size else None

        yield content
        asked.close()


def top() -> Path:
    """The directory that the paths of a work tree begin at."""
    return Path(os.fsdecode(_run("rev-parse", "--show-toplevel").removesuffix(b"\n")))


def _taken_for_unchanged() -> Iterator[Unread]:
    directory = top()
    for entry in _run("ls-files", "-v", "-z", "--full-name", ":/").split(b"\0"):
        tag, _, path = entry.partition(b" ")
        # A sparse checkout marks what it leaves out; with a file there, changes are hidden.
        is_hidden = tag == b"S" and os.path.lexists(directory / os.fsdecode(path))
        if tag.islower() or is_hidden:
            yield Unread(os.fsdecode(path), _NOT_LOOKED_AT)


def _shallow() -> list[bytes]:
    """The commits whose parents a shallow clone does not have."""
    path = Path(os.fsdecode(_run("rev-parse", "--git-path", "shallow").removesuffix(b"\n")))
    return path.read_bytes().split() if path.exists() else []


def _submodules_of(commits: bytes) -> Iterator[Unread]:
    """The submodules that commits add or move, each once."""
    differences = _run(
        "diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-abbrev", "--no-renames",
        "--no-commit-id", "--ignore-submodules=none", given=commits,
    )  # fmt: skip
    fields = iter(differences.split(b"\0"))
    seen = set()
    for field in fields:
        if not field:
            break
        parents = len(field) - len(field.lstrip(b":"))
        said = field.lstrip(b":").decode().split()
        mode, path = said[parents], os.fsdecode(next(fields))
        if mode == _SUBMODULE and path not in seen:
            seen.add(path)
            yield Unread(path, _ELSEWHERE)


def _changed(*arguments: str) -> list[Item | Unread]:
    fields = iter(_run(*arguments).split(b"\0"))
    items: list[Item | Unread] = []
    for field in fields:
        if not field:
            break
        _, mode, _, oid, status = field.decode().removeprefix(":").split()
        path = os.fsdecode(next(fields))
        if mode == _SUBMODULE:
            items.append(Unread(path, _ELSEWHERE))
        elif status == _UNMERGED:
            items.append(Unread(path, _IN_CONFLICT))
        elif mode != _EMPTY_MODE:
            items.append(Item(path, oid if oid.strip("0") else None))
    return items


def _run(*arguments: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and options end before what is typed
            [*_GIT, *arguments],
            capture_output=True,
            input=given,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("Git is not installed, or not in PATH.") from None
    except ValueError:  # a NUL in it
        raise UsageError("A range of revisions looks like main..HEAD.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[0].removeprefix("fatal: ") if said else f"it ended with {done.returncode}"
        raise UsageError(f"Git cannot tell: {why}.")
    return done.stdout
