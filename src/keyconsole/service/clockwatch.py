"""Tells a clock that can be relied on from one that was set wrong, and what waits meanwhile.

Verification uses the clock whatever it says, together with what was decided and stored before.
Scheduled revokes, rotations that end by themselves and marks of expiry wait until the clock is
right again, or until a person says that it is (`keyconsole service accept-clock`).

There is evidence of two kinds. While a process runs, the wall clock and the time that passed must
agree. When it starts, the clock must be within a day of the heartbeat: the time that a process
that trusted its clock writes every minute. A database that has no heartbeat yet has its newest
audit event and sign-in instead.
"""

from collections.abc import Awaitable, Callable

from keyconsole.service.clock import DAY, HOUR, MINUTE, SECOND, Clock, told
from keyconsole.service.logs import log
from keyconsole.service.store import clockstate
from keyconsole.service.store.clockstate import ClockState
from keyconsole.service.store.engine import Store

MOST_AT_START = DAY
MOST_WHILE_RUNNING = 5 * MINUTE
HEARTBEAT = MINUTE
_ANCHORED = HOUR
"""The time after which the pair of readings is renewed: a clock may be corrected slowly."""

_REMEDY = (
    "Scheduled revokes, rotations and marks of expiry wait until the clock is right. If it is: "
    "keyconsole service accept-clock."
)

Due = Callable[[], Awaitable[bool]]
"""Returns true if something is due that could not be undone."""


class ClockWatch:
    """The judgement of one process on its clock.

    With `asks_only_if` a pause of any length before the start is no reason for doubt, unless
    something is due that could not be undone: for a console that is closed for a week.
    """

    def __init__(self, store: Store, wall: Clock, elapsed: Clock) -> None:
        self.reason: str | None = None
        """The reason not to rely on the clock, in sentences for a person, or None."""
        self.is_moved = False
        """True if the clock was moved while this process ran."""
        self._store = store
        self._wall = wall
        self._elapsed = elapsed
        self.asks_only_if: Due | None = None
        self._anchor = (wall(), elapsed())
        self._acceptances: int | None = None
        """The number of acceptances when this clock was relied on last."""
        self._is_pause_known = False

    def is_right(self) -> bool:
        """Returns true if the clock can be relied on, as far as that shows without the store.

        Before `look` compared it for the first time that is not known, and so false.
        """
        drift = self._drift()
        if abs(drift) > MOST_WHILE_RUNNING:
            if self.reason is None:
                self._doubt(_moved(drift, self._wall()))
                self.is_moved = True
        elif self.is_moved:
            self._trust()
        return self.reason is None and self._is_pause_known

    def was_moved(self) -> bool:
        """Returns true if the clock was moved while this process ran, and is not right again."""
        self.is_right()
        return self.is_moved

    async def look(self) -> bool:
        """Compares the clock with the evidence, and writes the heartbeat if it is due.

        Returns whether the clock can be relied on. Raises `StoreUnavailableError`.
        """
        async with self._store.read() as tx:
            state = await clockstate.read(tx)
            event, sign_in = 0, 0
            if not self._is_pause_known:
                event = await clockstate.newest_event(tx)
                sign_in = await clockstate.newest_sign_in(tx)
        if self._acceptances is None:
            self._acceptances = state.acceptances
        if self._is_accepted(state):
            self._trust()
        elif self.is_right() or not self.is_moved:
            await self._compare(state, event, sign_in)
        if self.reason is None:
            self._acceptances = state.acceptances
            self._is_pause_known = True
            await self._beat(state)
        return self.reason is None

    def _is_accepted(self, state: ClockState) -> bool:
        """Returns true if a person accepted this very clock since it was doubted."""
        agrees = abs(self._wall() - state.accepted_at) <= MOST_WHILE_RUNNING
        return self.reason is not None and state.acceptances != self._acceptances and agrees

    async def _compare(self, state: ClockState, event: int, sign_in: int) -> None:
        """Compares the clock at a start with the times that were written before it."""
        if self._is_pause_known:
            return
        now = self._wall()
        before = state.heartbeat_at or max(event, sign_in)
        if event > now + MOST_AT_START and event > state.disregarded_until:
            self._doubt(_behind(now, event))
        elif before and now > before + MOST_AT_START and await self._asks():
            self._doubt(_ahead(now, before))
        else:
            self._trust()

    async def _asks(self) -> bool:
        return self.asks_only_if is None or await self.asks_only_if()

    async def _beat(self, state: ClockState) -> None:
        now = self._wall()
        ahead = now + MOST_AT_START
        if now - state.heartbeat_at >= HEARTBEAT or state.heartbeat_at > ahead:
            async with self._store.best_effort_write() as tx:
                await clockstate.beat(tx, now, ahead)

    def _drift(self) -> int:
        wall, elapsed = self._wall(), self._elapsed()
        passed = elapsed - self._anchor[1]
        drift = wall - self._anchor[0] - passed
        if self.reason is None and passed >= _ANCHORED and abs(drift) <= MOST_WHILE_RUNNING:
            self._anchor = (wall, elapsed)
        return drift

    def _doubt(self, reason: str) -> None:
        if self.reason is None:
            log.error("the clock is not relied on", reason=reason)
        self.reason = reason

    def _trust(self) -> None:
        if self.reason is not None:
            log.info("the clock is relied on again")
        if not self.is_moved or abs(self._drift()) > MOST_WHILE_RUNNING:
            self._anchor = (self._wall(), self._elapsed())
        self.reason, self.is_moved = None, False


def _ahead(now: int, before: int) -> str:
    return (
        f"The clock of this machine says {told(now)}, more than a day after {told(before)}, when "
        f"the service was last known to run: it may be ahead. {_REMEDY}"
    )


def _behind(now: int, event: int) -> str:
    return (
        f"The clock of this machine says {told(now)}, and the newest audit event is of "
        f"{told(event)}: it is behind, or was ahead then. {_REMEDY}"
    )


def _moved(drift: int, now: int) -> str:
    way = "forward" if drift > 0 else "back"
    return (
        f"The clock of this machine was moved {way} by {abs(drift) // SECOND} seconds while the "
        f"service ran, and says {told(now)}. {_REMEDY}"
    )
