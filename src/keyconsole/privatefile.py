"""Small files with a secret in them: read with a time limit, and rewritten without a new owner.

A path may name a pipe, as `--token-file <(pass show token)` does, and nobody may ever write to it.
"""

import os
import select
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from keyconsole.errors import ConfigurationError

SECONDS = 10.0
"""How long to wait for whatever writes to a pipe."""

LONGEST = 64 * 1024
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """What was read, and to whom the file belongs. Its `repr` shows no content."""

    content: bytes = field(repr=False)
    mode: int
    owner: int

    @property
    def is_open_to_others(self) -> bool:
        """Whether anybody but the owner may read or write it."""
        return bool(self.mode & _OTHERS)

    @property
    def is_ours(self) -> bool:
        """Whether it belongs to this account or to root, who may change it in any case."""
        return self.owner in (os.geteuid(), 0) or os.geteuid() == 0


def read(path: Path, *, seconds: float = SECONDS) -> PrivateFile:
    """Read at most `LONGEST` bytes of a file, pipe or terminal.

    Raises `OSError`, and `ConfigurationError` if it is of another kind or nobody writes to it.
    """
    # Without O_NONBLOCK the opening of a pipe waits for whoever writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            content = os.read(descriptor, LONGEST)
        elif stat.S_ISFIFO(found.st_mode) or os.isatty(descriptor):
            content = _read_before(descriptor, path, time.monotonic() + seconds)
        else:
            raise ConfigurationError(f"{path} is neither a file nor a pipe.")
        return PrivateFile(content, stat.S_IMODE(found.st_mode), found.st_uid)
    finally:
        os.close(descriptor)


def give_to_owner_of(descriptor: int, path: Path) -> None:
    """As root, let a new file belong to the owner of this one, or of its directory if it is new.

    Otherwise `sudo` would leave files that the account of the service cannot read.
    """
    if os.geteuid() != 0:
        return
    try:
        found = path.stat()
    except FileNotFoundError:
        found = path.absolute().parent.stat()
    os.fchown(descriptor, found.st_uid, found.st_gid)


def _read_before(descriptor: int, path: Path, deadline: float) -> bytes:
    content = b""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while len(content) < LONGEST:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise ConfigurationError(f"{path} is a pipe, and nothing was written to it in time.")
        try:
            more = os.read(descriptor, LONGEST)
        except BlockingIOError:
            continue
        if not more:
            break
        content += more
        if content.endswith(b"\n") and os.isatty(descriptor):
            break
    return content
