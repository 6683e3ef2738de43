"""Use, coalesced in memory and written once a second: never inside the request.

Written inside the request, last use deadlocks or slows everyone who tried it. Process death
loses at most the last second of counting, never a decision.
"""

import asyncio
from collections.abc import Callable

from keyconsole.service.clock import HOUR, Clock
from keyconsole.service.logs import log
from keyconsole.service.store import decisions, usage
from keyconsole.service.store.engine import Connection, Store
from keyconsole.service.tasks import CountWriter
from keyconsole.service.verification.sources import Agents

CATCH_UP_SECONDS = 0.25
MAX_PENDING = 50_000
"""Beyond this many different entries a second, sources are no longer told apart."""

Source = tuple[str, bytes | str]
"""An address, and the `User-Agent` as it came; it is examined when use is written."""

_Place = tuple[str, str, str, Source | None, int]


class UsageRecorder(CountWriter):
    """Counts of the requests since the last flush, by key, outcome and source."""

    def __init__(self, store: Store, clock: Clock, *clock_state: Callable[[], bool]) -> None:
        super().__init__(
            store,
            clock,
            *clock_state,
            name="usage recorder",
            undone="use is not written: the store does not answer",
        )
        self._pending: dict[_Place, list[int]] = {}
        self._expired: dict[str, int] = {}
        """The keys that a right clock refused as expired, so that no clock lets them in again."""
        self._flushing = asyncio.Lock()
        self._forgotten_at = 0
        """The hour in which this process last saw that nothing too old was left."""

    def record(self, pid: str, integration_id: str, outcome: str, source: Source | None) -> None:
        """Counts one request, of a key that is known."""
        now = self._clock()
        if outcome == usage.EXPIRED and self._is_clock_right():
            self._expired[pid] = max(now, self._expired.get(pid, now))
        place = (pid, integration_id, outcome, source, now - now % HOUR)
        entry = self._pending.get(place)
        if entry is not None:
            entry[0] += 1
            entry[2] = now
            return
        if source is not None and len(self._pending) >= MAX_PENDING:
            self.record(pid, integration_id, outcome, None)
            return
        self._pending[place] = [1, now, now]

    @property
    def pending(self) -> int:
        """The number of different counts that are not written yet."""
        return len(self._pending)

    @property
    def lag(self) -> int:
        """The age of the oldest of them, in milliseconds."""
        oldest = min((first for _, first, _ in self._pending.values()), default=None)
        return 0 if oldest is None else max(0, self._clock() - oldest)

    async def flush(self) -> None:
        """Writes what was counted. Raises `StoreUnavailableError`, and keeps the counts then.

        Whoever waits may be cancelled; the write is not, so nothing is counted twice.
        """
        if self._pending or self._flushing.locked():
            await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def catch_up(self) -> None:
        """Writes what was counted if that can be done now, before it is read.

        Somebody who only reads is neither refused nor kept waiting by a busy store.
        """
        if self._pending or self._flushing.locked():
            flushing = asyncio.create_task(self._flush())
            flushing.add_done_callback(_tell)
            await asyncio.wait({flushing}, timeout=CATCH_UP_SECONDS)

    async def _flush(self) -> None:
        async with self._flushing:
            if not self._pending:
                return
            pending, self._pending = self._pending, {}
            expired, self._expired = self._expired, {}
            try:
                async with self._store.best_effort_write() as tx:
                    await usage.add(tx, _uses(pending), self._future())
                    if expired:
                        await decisions.see_expired_keys(tx, expired)
                    await self._forget_old(tx)
            except BaseException:
                self._put_back(pending)
                for pid, at in expired.items():
                    self._expired[pid] = max(at, self._expired.get(pid, at))
                raise

    async def _forget_old(self, tx: Connection) -> None:
        """Deletes a part of what is too old, until nothing is, once an hour.

        A clock that may be wrong deletes nothing.
        """
        now, is_right = self._clock(), self._is_clock_right() and not self._was_clock_moved()
        if is_right and now // HOUR != self._forgotten_at and await usage.forget_old(tx, now):
            self._forgotten_at = now // HOUR

    def _put_back(self, pending: dict[_Place, list[int]]) -> None:
        for place, (count, first, last) in pending.items():
            entry = self._pending.setdefault(place, [0, first, last])
            entry[0] += count
            entry[1] = min(entry[1], first)
            entry[2] = max(entry[2], last)


def _tell(flushing: asyncio.Task[None]) -> None:
    if not flushing.cancelled() and (error := flushing.exception()) is not None:
        log.warning("use is not written before it is read", reason=repr(error))


def _uses(pending: dict[_Place, list[int]]) -> list[usage.Use]:
    """Returns the counts by agents as they are stored: several headers may read the same."""
    agents = Agents()
    merged: dict[tuple[str, str, str, tuple[str, str] | None, int], list[int]] = {}
    for (pid, integration_id, outcome, source, hour), entry in pending.items():
        shown = None if source is None else (source[0], agents.read(source[1]))
        place = (pid, integration_id, outcome, shown, hour)
        known = merged.setdefault(place, [0, *entry[1:]])
        known[0] += entry[0]
        known[1], known[2] = min(known[1], entry[1]), max(known[2], entry[2])
    return [
        usage.Use(
            pid=pid,
            integration_id=integration_id,
            outcome=outcome,
            source=source,
            count=count,
            first_at=first,
            last_at=last,
            hour=hour,
        )
        for (pid, integration_id, outcome, source, hour), (count, first, last) in merged.items()
    ]
