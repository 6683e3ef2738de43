"""Rates and quotas of keys, computed in memory: which requests pass, and how many remain.

A rate is the generic cell rate algorithm of ATM with a burst of `requests`: in any T seconds at
most requests * (1 + T / seconds) are let through. What is kept of it is the time at which the whole
burst is there again, in milliseconds times `requests`, so that every step is a whole number. What
is kept of a quota is the number of requests of its day or month.

Of both a process writes `max(stored + more, least)`. `least` is what its own requests come to
alone: a burst that was there again before they came does not count again.
"""

import json
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from keyconsole.core import limits
from keyconsole.core.limits import Limits, Quota, QuotaPeriod, Rate
from keyconsole.service.clock import DAY, SECOND, milliseconds, moment
from keyconsole.service.store.limit_counts import Addition, Place
from keyconsole.service.store.outcomes import QUOTA_EXCEEDED, RATE_LIMITED

_AHEAD = 64
"""Times that several processes may have let through a limit together; more was a wrong clock."""


class Period(NamedTuple):
    """A calendar day or month in UTC; times in milliseconds, the end is not within."""

    name: str
    begins_at: int
    ends_at: int


@lru_cache(maxsize=1024)
def limits_of(stored: str) -> Limits | None:
    """Returns the limits in a column as it is stored; None for what are none."""
    try:
        found = json.loads(stored)
    except (TypeError, ValueError, RecursionError):
        return None
    return limits.of_stored(found) if isinstance(found, dict) else None


def period_of(per: QuotaPeriod, now: int) -> Period:
    """Returns the day or the month that it is now."""
    if per is QuotaPeriod.DAY:
        begins_at = now - now % DAY
        return Period(f"{moment(begins_at):%Y-%m-%d}", begins_at, begins_at + DAY)
    today = moment(now)
    first = datetime(today.year, today.month, 1, tzinfo=UTC)
    after = datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC)
    return Period(f"{first:%Y-%m}", milliseconds(first), milliseconds(after))


class Counter(ABC):
    """One limit of a key as this process knows it, and what it has not written of it yet."""

    code = ""
    """The reason of a refusal."""

    def __init__(self, place: Place, most: int, policy: str) -> None:
        self.place = place
        self.policy = policy
        """The item of the header `RateLimit-Policy`."""
        self._most = most
        self._amount = self._more = self._least = 0
        self._sent = (0, 0)
        """More and least of what is being written."""

    def learn(self, stored: int, now: int) -> None:
        """Takes what is stored, and adds what this process has not written yet."""
        believed = stored if stored <= self._highest(now) else 0
        sent, sent_least = self._sent
        self._amount = max(believed + sent + self._more, sent_least + self._more, self._least)

    def send(self, now: int) -> Addition:
        """Returns what is to be written; until that is done, or undone, it counts as well."""
        more, least = self._sent = self._more, self._least
        self._more = self._least = 0
        return Addition(*self.place, more, least, self._highest(now), self._ends_at())

    def confirm(self, stored: int, now: int) -> None:
        """Takes what is stored once that was written."""
        self._sent = (0, 0)
        self.learn(stored, now)

    def put_back(self) -> None:
        """Keeps what could not be written for the next time."""
        more, least = self._sent
        self._least = max(least + self._more, self._least)
        self._more += more
        self._sent = (0, 0)

    def inherit(self, other: "Counter") -> None:
        """Takes over what another counter of the same place has not written yet."""
        self._more, self._least = other._more, other._least  # noqa: SLF001 - its own kind
        self._sent = other._sent  # noqa: SLF001

    @property
    def is_written(self) -> bool:
        """True if nothing of it is to be written, or being written."""
        return not self._more and not self._sent[0]

    @abstractmethod
    def wait(self, now: int) -> int:
        """Returns the seconds after which another request fits; 0 for now."""

    @abstractmethod
    def take(self, now: int) -> None:
        """Counts one request."""

    @abstractmethod
    def left(self, now: int) -> str:
        """Returns the item of the header `RateLimit`."""

    @abstractmethod
    def is_over(self, now: int) -> bool:
        """Returns true if the time that it counts is another one now."""

    def _highest(self, now: int) -> int:  # noqa: ARG002 - a rate is a time
        """Returns the amount above which a stored one is not believed."""
        return self._most * _AHEAD

    @abstractmethod
    def _ends_at(self) -> int:
        """Returns the time from which on what is stored says nothing any more."""


class RateCounter(Counter):
    """The time at which the whole burst is there again, in milliseconds times its requests."""

    code = RATE_LIMITED

    def __init__(self, pid: str, rate: Rate) -> None:
        self._requests = rate.requests
        self._step = rate.seconds * SECOND
        policy = f'"rate";q={rate.requests};w={rate.seconds}'
        super().__init__((pid, str(rate)), self._step * rate.requests, policy)

    def wait(self, now: int) -> int:
        """Returns the seconds after which another request fits; 0 for now."""
        used = self._used(now)
        return max(0, self._seconds(used + self._step - self._most))

    def take(self, now: int) -> None:
        """Counts one request."""
        floor = now * self._requests
        self._amount = floor + self._used(now) + self._step
        self._least = max(self._least, floor) + self._step
        self._more += self._step

    def left(self, now: int) -> str:
        """Returns the requests that are left, and the seconds until all are."""
        used = self._used(now)
        left = max(0, (self._most - used) // self._step)
        return f'"rate";r={left};t={self._seconds(used)}'

    def is_over(self, now: int) -> bool:  # noqa: ARG002 - a rate has no calendar
        """Returns false: a burst fills up gradually."""
        return False

    def _used(self, now: int) -> int:
        """Returns how much of the burst is not there; all is after a clock that was set back."""
        used = self._amount - now * self._requests
        return used if 0 < used <= self._most * _AHEAD else 0

    def _seconds(self, amount: int) -> int:
        return -(-amount // (self._requests * SECOND))

    def _highest(self, now: int) -> int:
        return now * self._requests + self._most * _AHEAD

    def _ends_at(self) -> int:
        return self._amount // self._requests


class QuotaCounter(Counter):
    """The number of requests of a day or a month."""

    code = QUOTA_EXCEEDED

    def __init__(self, pid: str, quota: Quota, now: int) -> None:
        self._period = period_of(quota.per, now)
        window = (self._period.ends_at - self._period.begins_at) // SECOND
        policy = f'"quota";q={quota.requests};w={window}'
        super().__init__((pid, self._period.name), quota.requests, policy)

    def wait(self, now: int) -> int:
        """Returns the seconds to the end of the period; 0 while something is left."""
        return 0 if self._amount < self._most else self._rest(now)

    def take(self, now: int) -> None:  # noqa: ARG002 - the period is known
        """Counts one request."""
        self._amount += 1
        self._least += 1
        self._more += 1

    def left(self, now: int) -> str:
        """Returns the requests that are left, and the seconds to the end of the period."""
        return f'"quota";r={max(0, self._most - self._amount)};t={self._rest(now)}'

    def is_over(self, now: int) -> bool:
        """Returns true in another day or month."""
        return not self._period.begins_at <= now < self._period.ends_at

    def _rest(self, now: int) -> int:
        return max(1, -(-(self._period.ends_at - now) // SECOND))

    def _ends_at(self) -> int:
        return self._period.ends_at


def counters(pid: str, kept: Limits, now: int) -> list[Counter]:
    """Returns a counter for each limit of a key, with nothing counted yet."""
    found: list[Counter] = []
    if kept.rate is not None:
        found.append(RateCounter(pid, kept.rate))
    if kept.quota is not None:
        found.append(QuotaCounter(pid, kept.quota, now))
    return found
