"""Counts the requests of limited keys, and shares the counts with other processes.

Each process writes what it let through every `SHARE_SECONDS`, and reads a count again that is older
than `FRESH_SECONDS`. So nobody knows what the others did later than one second after, and what is
let in beyond a limit is at most what was offered in that second.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

from keyconsole.core.limits import NONE
from keyconsole.service.clock import HOUR, SECOND, Clock
from keyconsole.service.store import limit_counts
from keyconsole.service.store.engine import Connection, Store, StoreUnavailableError
from keyconsole.service.store.limit_counts import Place
from keyconsole.service.tasks import CountWriter
from keyconsole.service.verification.answers import Header
from keyconsole.service.verification.key_limits import Counter, counters, limits_of

SHARE_SECONDS = 0.4
FRESH_SECONDS = 0.6
MAX_KEYS = 20_000
"""Twice as many limited keys are kept in mind; one that was not used lately is read again."""
MAX_UNWRITTEN = 50_000
"""Counts that wait to be written at most: beyond it nobody is let through who cannot be counted."""

_FRESH = int(FRESH_SECONDS * SECOND)


class Taken(NamedTuple):
    """The outcome of asking for one request: why it is refused, if it is, and what is told."""

    refusal: str | None
    headers: list[Header]


class _Known:
    """The counters of a key, and when they were last what the database has, in milliseconds."""

    __slots__ = ("counters", "policy", "read_at", "stored")

    def __init__(self, stored: str, found: list[Counter], read_at: int) -> None:
        self.stored = stored
        self.counters = found
        self.read_at = read_at
        policy = ", ".join(each.policy for each in found)
        self.policy = (b"ratelimit-policy", policy.encode())

    def counts(self, stored: str, now: int) -> bool:
        """Returns true while these are the counters of a key with such limits."""
        return self.stored == stored and not any(each.is_over(now) for each in self.counters)


class KeyLimiter(CountWriter):
    """Counts the requests of keys with limits, in a bounded amount of memory."""

    def __init__(self, store: Store, clock: Clock, *clock_state: Callable[[], bool]) -> None:
        super().__init__(
            store,
            clock,
            *clock_state,
            name="key limits",
            undone="what limited keys used up is not written: the store does not answer",
        )
        self.seconds = SHARE_SECONDS
        self._known: dict[str, _Known] = {}
        self._before: dict[str, _Known] = {}
        self._unwritten: dict[Place, Counter] = {}
        self._reading: dict[str, asyncio.Task[_Known]] = {}
        self._flushing = asyncio.Lock()
        self._flushed = 0
        """The number of times that counts were written."""
        self._forgotten_at = 0

    def __len__(self) -> int:
        return len(self._known) + len(self._before)

    async def take(self, pid: str, stored: str) -> Taken:
        """Takes one request from a key with such limits, as they are stored and can be read.

        One that is refused takes nothing. Raises `StoreUnavailableError`.
        """
        now = self._clock()
        known = self._known.get(pid) or self._before.get(pid)
        is_fresh = known is not None and 0 <= now - known.read_at <= _FRESH
        if known is None or not is_fresh or not known.counts(stored, now):
            known = await self._read_once(pid, stored)
            now = self._clock()
        return self._take(known, now)

    def _take(self, known: _Known, now: int) -> Taken:
        waits = [(each.wait(now), each.code) for each in known.counters]
        seconds, code = max(waits, default=(0, ""))
        if not seconds:
            self._require_room(known.counters)
            for each in known.counters:
                each.take(now)
                self._unwritten[each.place] = each
        left = ", ".join(each.left(now) for each in known.counters)
        headers: list[Header] = [known.policy, (b"ratelimit", left.encode())]
        if not seconds:
            return Taken(None, headers)
        return Taken(code, [*headers, (b"retry-after", b"%d" % seconds)])

    def _require_room(self, wanted: Iterable[Counter]) -> None:
        is_full = len(self._unwritten) >= MAX_UNWRITTEN
        if is_full and any(each.place not in self._unwritten for each in wanted):
            raise StoreUnavailableError

    async def _read_once(self, pid: str, stored: str) -> _Known:
        """Reads the counts of a key, once for all requests that wait for them."""
        while (reading := self._reading.get(pid)) is not None:
            found = await asyncio.shield(reading)
            if found.counts(stored, self._clock()):
                return found
        reading = self._reading[pid] = asyncio.ensure_future(self._read(pid, stored))
        reading.add_done_callback(lambda _: self._reading.pop(pid, None))
        return await asyncio.shield(reading)

    async def _read(self, pid: str, stored: str) -> _Known:
        while True:
            began, flushed = self._clock(), self._flushed
            async with self._store.read() as tx:
                amounts = await limit_counts.amounts(tx, [pid])
            if flushed == self._flushed:  # or what was written meanwhile would be missing
                break
        found = counters(pid, limits_of(stored) or NONE, began)
        for each in found:
            if (unwritten := self._unwritten.get(each.place)) is not None:
                each.inherit(unwritten)
                self._unwritten[each.place] = each
            each.learn(amounts.get(each.place, 0), began)
        if len(self._known) >= MAX_KEYS:
            self._before, self._known = self._known, {}
        known = self._known[pid] = _Known(stored, found, began)
        return known

    async def flush(self) -> None:
        """Writes what was let through, and reads what others did.

        Raises `StoreUnavailableError`, and keeps the counts then. Whoever waits may be cancelled;
        the write is not, so nothing is counted twice.
        """
        if self._unwritten or self._flushing.locked():
            await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def _flush(self) -> None:
        async with self._flushing:
            now = self._clock()
            sent = [each.send(now) for each in self._unwritten.values()]
            if not sent:
                return
            try:
                async with self._store.best_effort_write() as tx:
                    amounts = await limit_counts.add(tx, sent)
                    await self._forget_ended(tx, now)
            except BaseException:
                for each in sent:
                    self._unwritten[each.place].put_back()
                raise
            self._flushed += 1
            for each in sent:
                self._confirm(each.place, amounts[each.place], now)

    def _confirm(self, place: Place, stored: int, now: int) -> None:
        counter = self._unwritten[place]
        counter.confirm(stored, now)
        if counter.is_written:
            del self._unwritten[place]
        known = self._known.get(place[0]) or self._before.get(place[0])
        if known is not None and counter in known.counters:
            known.read_at = now

    async def _forget_ended(self, tx: Connection, now: int) -> None:
        """Deletes counts that ended, once an hour; a clock that may be wrong deletes nothing."""
        is_right = self._is_clock_right() and not self._was_clock_moved()
        is_due = is_right and now // HOUR != self._forgotten_at
        if is_due and await limit_counts.forget_ended(tx, now):
            self._forgotten_at = now // HOUR
