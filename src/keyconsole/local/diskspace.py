"""Room on a disk, reserved before something is written."""

import errno
import os

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def shortage(descriptor: int, size: int) -> str | None:
    """Reserves the first bytes of a file; returns the reason if there is no room, in lower case.

    Systems that reserve nothing are taken to have room.
    """
    if not hasattr(os, "posix_fallocate"):
        return None
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        return (error.strerror or "no room").lower() if error.errno in _NO_ROOM else None
    return None
