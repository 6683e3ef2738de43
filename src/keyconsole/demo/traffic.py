"""Use that goes on while somebody looks: busy keys, dead ones in vain, and the stranger."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from keyconsole.demo.notable import IN_TROUBLE, STRANGER, STRANGER_PACE
from keyconsole.demo.plan import Pattern, seeded
from keyconsole.demo.rows import MadeKey
from keyconsole.demo.story import SEED
from keyconsole.demo.use import rhythm
from keyconsole.service.clock import HOUR, SECOND, Clock
from keyconsole.service.runtime import Runtime
from keyconsole.service.store.usage import ACCEPTED
from keyconsole.service.tasks import PeriodicTask
from keyconsole.service.verification.recorder import Source

TICK_SECONDS = 1.0

_QUIETEST = 0.4
"""The least part of the pace by day, so that something moves at night, too."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who presents a key so many times in a busy hour; `steady` ones at night too."""

    pid: str
    source: Source
    pace: float
    steady: bool = False

    def expected(self, at: int, span: int) -> float:
        """Returns how many requests a span of time brings, on average."""
        busy = 1.0 if self.steady else max(rhythm(at), _QUIETEST)
        return self.pace * busy * span / HOUR


def callers_of(keys: Iterable[MadeKey]) -> list[Caller]:
    """Returns a caller for each source that goes on presenting a key."""
    callers = []
    for key in keys:
        sample = key.sample
        for source in sample.sources:
            origin = (source.address, source.agent)
            if sample.refused is not None:
                callers.append(Caller(key.pid, origin, sample.refused[1]))
            elif sample.pattern is Pattern.ALWAYS:
                callers.append(Caller(key.pid, origin, sample.pace * source.part))
        if sample is IN_TROUBLE:
            origin = (STRANGER.address, STRANGER.agent)
            callers.append(Caller(key.pid, origin, STRANGER_PACE, steady=True))
    return callers


class Traffic:
    """Records what the callers do, through the recorder, and as the verifier decides it.

    So a key that is revoked here is refused from the next request on.
    """

    def __init__(self, runtime: Runtime, clock: Clock, callers: list[Caller]) -> None:
        self._runtime = runtime
        self._clock = clock
        self._callers = callers
        self._chance = seeded(SEED)
        self._ticking = PeriodicTask(
            partial(self.pass_time, round(TICK_SECONDS * SECOND)),
            name="demo traffic",
            undone="the demo stands still: the store does not answer",
            seconds=TICK_SECONDS,
        )

    def start(self) -> None:
        """Go on every second from now on."""
        self._ticking.start()

    async def aclose(self) -> None:
        """Stop."""
        await self._ticking.aclose()

    async def pass_time(self, span: int) -> None:
        """Adds the requests of so many milliseconds up to now."""
        now = self._clock()
        for caller in self._callers:
            expected = caller.expected(now, span)
            count = int(expected) + (self._chance.random() < expected % 1)
            if count:
                await self._present(caller, count)

    async def _present(self, caller: Caller, count: int) -> None:
        verdict = await self._runtime.verifier.state(caller.pid)
        if verdict.row is None:
            return
        outcome = verdict.refusal or ACCEPTED
        for _ in range(count):
            self._runtime.recorder.record(
                caller.pid, verdict.row.integration_id, outcome, caller.source
            )
