"""Request ids: unique across processes, cheap to make, opaque."""

import itertools
import secrets


class RequestIds:
    """A random prefix for this process and a count."""

    def __init__(self) -> None:
        self._prefix = f"req_{secrets.token_hex(8)}-"
        self._count = itertools.count(1)

    def new(self) -> str:
        """The next id."""
        return f"{self._prefix}{next(self._count)}"
