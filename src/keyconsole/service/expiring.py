"""The number of keys that expire soon, counted for `/metrics` at most once a minute."""

import asyncio
import time

from keyconsole.service.clock import DAY, Clock
from keyconsole.service.store import decisions
from keyconsole.service.store.engine import Store, StoreUnavailableError

WITHIN = {"1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
EVERY_SECONDS = 60.0
MOST = 10_000
"""Not more keys are counted. In a million on SQLite they take 50 ms, on a busy machine 260 ms."""
_SECONDS = 2.0


class ExpiringKeys:
    """Keys that are not revoked and expire within each span. Nothing is known before a scrape."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.counts: dict[str, int] = {}
        self._store = store
        self._clock = clock
        self._counted_at = float("-inf")
        self._counting = asyncio.Lock()

    async def refresh(self) -> None:
        """Counts, unless that was done within the last minute. A failure empties the counts."""
        async with self._counting:
            if time.monotonic() < self._counted_at + EVERY_SECONDS:
                return
            self._counted_at = time.monotonic()
            try:
                async with asyncio.timeout(_SECONDS), self._store.search() as tx:
                    found = await decisions.expiring(tx, self._clock(), WITHIN.values(), MOST)
                self.counts = dict(zip(WITHIN, found, strict=True))
            except (StoreUnavailableError, TimeoutError):
                self.counts = {}
