"""When operator tokens were used last: kept in memory, written within a second.

It is exact to the minute, so that a console that asks every few seconds costs one write a minute.
"""

import contextlib
from collections.abc import Callable

from keyconsole.service.clock import DAY, MINUTE, Clock
from keyconsole.service.store import decisions, tokens
from keyconsole.service.store.engine import Store, StoreUnavailableError
from keyconsole.service.tasks import PeriodicTask

FLUSH_SECONDS = 1.0


class TokenLastUsed:
    """The tokens that signed somebody in since the last flush."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        is_clock_right: Callable[[], bool] = lambda: True,
        was_clock_moved: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._is_clock_right = is_clock_right
        self._was_clock_moved = was_clock_moved
        self._expired: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        self._flushing = PeriodicTask(
            self.flush,
            name="sign-ins",
            undone="sign-ins are not written: the store does not answer",
        )

    def record(self, pid: str, last_used_at: int) -> None:
        """A token signed somebody in; `last_used_at` is what the table says of it."""
        now = self._clock()
        if now - last_used_at >= MINUTE or last_used_at > now + DAY:
            self._pending[pid] = now

    def record_expired(self, pid: str) -> None:
        """A token was refused as expired: no clock is to let it in again."""
        if self._is_clock_right():
            self._expired[pid] = self._clock()

    def was_refused(self, pid: str) -> bool:
        """Whether a token was refused as expired since the last flush."""
        return pid in self._expired

    async def flush(self) -> None:
        """Write what was recorded. Raises `StoreUnavailableError`, and keeps it."""
        if not self._pending and not self._expired:
            return
        pending, self._pending = self._pending, {}
        expired = dict(self._expired)
        future = None if self._was_clock_moved() else self._clock() + DAY
        try:
            async with self._store.best_effort_write() as tx:
                if pending:
                    await tokens.move_last_use(tx, pending, future)
                if expired:
                    await decisions.see_expired_tokens(tx, expired)
        except BaseException:
            self._pending = pending | self._pending
            raise
        for pid in expired:
            del self._expired[pid]

    def start(self) -> None:
        """Flush every second from now on."""
        self._flushing.start(FLUSH_SECONDS)

    async def aclose(self) -> None:
        """Stop, and write what is left."""
        await self._flushing.aclose()
        with contextlib.suppress(StoreUnavailableError):
            await self.flush()
