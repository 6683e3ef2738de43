"""Opaque ids, of records and of requests."""

import itertools
import secrets

from keyconsole.core.credential import new_pid


def new_id(prefix: str) -> str:
    """Returns a new id such as `int_7k2m4q9x0a1b2c3d`: what it is of, and 80 random bits."""
    return f"{prefix}_{new_pid()}"


class RequestIds:
    """Ids of requests, cheap and unique across processes: a random prefix and a count."""

    def __init__(self) -> None:
        self._prefix = f"req_{secrets.token_hex(8)}-"
        self._count = itertools.count(1)

    def new(self) -> str:
        """Returns the next id."""
        return f"{self._prefix}{next(self._count)}"
