"""Reads contents from Git: those of the index, of changed files and of history.

Everything is read with Git's plumbing, so that the index and the objects decide and not the work
tree, a pager, a filter or a setting of the person.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from keyconsole.core.errors import UsageError

_SUBMODULE = "160000"
_EMPTY_MODE = "000000"
# Against every default that a person may have configured; a rename is a new file.
_RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--no-relative", "--ignore-submodules=none", "--diff-filter=ACMRT")  # fmt: skip


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


def staged() -> list[Item]:
    """Returns the files that a commit would change, as in the index. Raises `UsageError`."""
    return _changed("diff", "--cached", *_RAW)


def changed(revisions: str) -> list[Item]:
    """Returns the differences between two revisions, or between one and the work tree."""
    return _changed("diff", *_RAW, "--end-of-options", revisions, "--")


def history(revisions: str) -> list[Item]:
    """Every object that came in with a range of commits, messages of commits and tags included."""
    # `--stdin` would take options from it; a range is none.
    listed = _run("rev-list", "--objects", "--end-of-options", revisions, "--")
    items = []
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
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],  # noqa: S607 - the person's own Git
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


def _changed(*arguments: str) -> list[Item]:
    fields = iter(_run(*arguments).split(b"\0"))
    items = []
    for field in fields:
        if not field:
            break
        _, mode, _, oid, _ = field.decode().removeprefix(":").split()
        path = os.fsdecode(next(fields))
        if mode not in (_SUBMODULE, _EMPTY_MODE):  # a submodule's commit is no content of ours
            items.append(Item(path, oid if oid.strip("0") else None))
    return items


def _run(*arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and options end before what is typed
            ["git", *arguments],  # noqa: S607 - the person's own Git
            capture_output=True,
            stdin=subprocess.DEVNULL,
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
