"""The last use of operator tokens: kept in memory, written within a second.

It is exact to the minute, so that a console that asks every few seconds costs one write a minute.
"""

from collections.abc import Callable

from keyconsole.service.clock import DAY, MINUTE, Clock
from keyconsole.service.store import decisions, tokens
from keyconsole.service.store.engine import Store
from keyconsole.service.tasks import CountWriter


class TokenLastUsed(CountWriter):
    """The tokens that signed somebody in since the last flush."""

    def __init__(self, store: Store, clock: Clock, *clock_state: Callable[[], bool]) -> None:
        super().__init__(
            store,
            clock,
            *clock_state,
            name="sign-ins",
            undone="sign-ins are not written: the store does not answer",
        )
        self._expired: dict[str, int] = {}
        self._pending: dict[str, int] = {}

    def record(self, pid: str, last_used_at: int) -> None:
        """Records a sign-in; `last_used_at` is what the table says of the token."""
        now = self._clock()
        if now - last_used_at >= MINUTE or last_used_at > now + DAY:
            self._pending[pid] = now

    def record_expired(self, pid: str) -> None:
        """Records that a token was refused as expired: no clock is to let it in again."""
        if self._is_clock_right():
            self._expired[pid] = self._clock()

    def was_refused(self, pid: str) -> bool:
        """Returns true for a token that was refused as expired since the last flush."""
        return pid in self._expired

    async def flush(self) -> None:
        """Writes what was recorded. Raises `StoreUnavailableError`, and keeps it then."""
        if not self._pending and not self._expired:
            return
        pending, self._pending = self._pending, {}
        expired = dict(self._expired)
        try:
            async with self._store.best_effort_write() as tx:
                if pending:
                    await tokens.move_last_use(tx, pending, self._future())
                if expired:
                    await decisions.see_expired_tokens(tx, expired)
        except BaseException:
            self._pending = pending | self._pending
            raise
        for pid in expired:
            self._expired.pop(pid, None)  # another flush may have written it
