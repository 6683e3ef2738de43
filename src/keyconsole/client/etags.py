"""The cache of answers, for which the service may say `304 Not Modified`."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

CAPACITY = 64


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer and the tag that the service gave it."""

    etag: str
    answer: Any


@dataclass(slots=True)
class ETags:
    """The last 64 answers to a GET, by address. Never one that may not be stored.

    A 304 returns the very object of before, so that a screen tells with `is` that there is
    nothing to draw.
    """

    _answers: OrderedDict[str, Remembered] = field(default_factory=OrderedDict, repr=False)

    def recall(self, address: str) -> Remembered | None:
        """Returns the answer of an address, if it is still kept."""
        if address in self._answers:
            self._answers.move_to_end(address)
        return self._answers.get(address)

    def remember(self, address: str, etag: str | None, answer: Any, *, no_store: bool) -> None:
        """Keeps an answer in place of the one before, or forgets both if it has no tag."""
        self._answers.pop(address, None)
        if etag is None or no_store:
            return
        self._answers[address] = Remembered(etag, answer)
        while len(self._answers) > CAPACITY:
            self._answers.popitem(last=False)
