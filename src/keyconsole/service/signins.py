"""When operator tokens were used last: kept in memory, written within a second.

It is exact to the minute, so that a console that asks every few seconds costs one write a minute.
"""

import contextlib

from keyconsole.service.clock import MINUTE, Clock
from keyconsole.service.repeating import Repeating
from keyconsole.service.store import tokens
from keyconsole.service.store.engine import Store, StoreUnavailableError

FLUSH_SECONDS = 1.0


class SignIns:
    """The tokens that signed somebody in since the last flush."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pending: dict[str, int] = {}
        self._flushing = Repeating(
            self.flush,
            name="sign-ins",
            undone="sign-ins are not written: the store does not answer",
        )

    def record(self, pid: str, last_used_at: int) -> None:
        """A token signed somebody in; `last_used_at` is what the table says of it."""
        now = self._clock()
        if now - last_used_at >= MINUTE:
            self._pending[pid] = now

    async def flush(self) -> None:
        """Write what was recorded. Raises `StoreUnavailableError`, and keeps it."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        try:
            async with self._store.tally() as tx:
                await tokens.move_last_use(tx, pending)
        except BaseException:
            self._pending = pending | self._pending
            raise

    def start(self) -> None:
        """Flush every second from now on."""
        self._flushing.start(FLUSH_SECONDS)

    async def aclose(self) -> None:
        """Stop, and write what is left."""
        await self._flushing.aclose()
        with contextlib.suppress(StoreUnavailableError):
            await self.flush()
