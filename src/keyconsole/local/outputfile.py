"""The one way in which a file is written: whole or not at all, and nothing else is destroyed.

Also replacing, it follows a link instead of replacing it, and writes into a terminal, a pipe or
`/dev/null` instead of putting a file in its place. Sockets and disks are refused.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from keyconsole.core.errors import KeyconsoleError
from keyconsole.local import privatefile

PRIVATE = 0o600


@contextmanager
def whole_file(
    path: Path, *, replace: bool = False, called: str = "", remedy: str = ""
) -> Iterator[TextIO]:
    """Yields a stream whose text is at `path` once all of it is written and synced, 0600.

    Until then it has another name beside it, and if anything fails it is gone. Without `replace`
    whatever is there stays as it is. Raises `KeyconsoleError`, in which the file is `called`
    what a person calls it, or by its path; `remedy` says what to do where one is there.
    """
    name = called or str(path)
    if not path.name:
        raise KeyconsoleError(f"{name} cannot be written: it is a directory.")
    if not replace and os.path.lexists(path):
        raise _taken(name, remedy)
    try:
        with _into_stream(path, name) if _is_stream(path, name) else _new(path, replace) as stream:
            yield stream
    except FileExistsError:
        raise _taken(name, remedy) from None
    except OSError as error:
        raise _cannot(name, (error.strerror or "it is not possible").lower()) from None


@contextmanager
def _new(path: Path, replace: bool) -> Iterator[TextIO]:  # noqa: FBT001 - internal
    # Behind a link, so that the link stays; realpath resolves a dangling one too.
    target = Path(os.path.realpath(path)) if replace else path
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            if replace:
                privatefile.give_to_owner_of(descriptor, target)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            if os.path.lexists(target) and not stat.S_ISREG(target.lstat().st_mode):
                raise FileExistsError  # put there meanwhile
            draft.replace(target)
        else:
            target.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def _is_stream(path: Path, name: str) -> bool:
    """Returns true for a pipe or a device. Raises `KeyconsoleError` for a kind that takes no text.

    Raises `OSError` for a loop of links or a directory that may not be searched.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise _cannot(name, "it is a directory")
    if stat.S_ISSOCK(mode):
        raise _cannot(name, "it is a socket")
    if stat.S_ISBLK(mode):
        raise _cannot(name, "it is a disk")
    return not stat.S_ISREG(mode)


@contextmanager
def _into_stream(path: Path, name: str) -> Iterator[TextIO]:
    """Yields a device or a pipe. A pipe that nobody reads is not waited for."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        reason = error.strerror or "it is not possible"
        if stat.S_ISFIFO(path.stat().st_mode):
            reason = "it is a pipe that nobody reads"
        raise _cannot(name, reason.lower()) from None
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        yield stream


def _taken(name: str, remedy: str) -> KeyconsoleError:
    return KeyconsoleError(f"{name} is there already; nothing was written. {remedy}".rstrip())


def _cannot(name: str, reason: str) -> KeyconsoleError:
    return KeyconsoleError(f"{name} cannot be written: {reason}.")
