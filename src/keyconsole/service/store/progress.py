"""The progress of a long start, told to the log and to listeners."""

import contextlib
from collections.abc import Callable, Iterator

from keyconsole.service.logs import log

WAITING = "Waiting for another process, which brings the database up to date."

_listeners: list[Callable[[str], object]] = []


def say(sentence: str) -> None:
    """Tells the progress of a start, or the reason for which it waits."""
    log.info(sentence)
    for listener in _listeners:
        listener(sentence)


@contextlib.contextmanager
def heard_by(listener: Callable[[str], object]) -> Iterator[None]:
    """Also calls `listener`, in the thread that works, until the block ends."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
