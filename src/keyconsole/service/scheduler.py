"""Jobs for what falls due, at start and every few seconds from then on.

A job looks up what is due and does it, each thing in a transaction that checks again whether it
still is. So every process may run every job, and one that was killed leaves nothing half done.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from keyconsole.service.logs import log
from keyconsole.service.rules import decisions, disabling, rotation_end
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import decisions as marks
from keyconsole.service.store import keys, rotations
from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.tasks import PeriodicTask

EVERY_SECONDS = 5.0

Job = Callable[[Runtime], Awaitable[object]]

JOBS: Sequence[Job] = (
    disabling.run_due_transitions,
    rotation_end.end_due_rotations,
    decisions.store_due,
)


async def run_due_jobs(runtime: Runtime) -> None:
    """Does everything that is due now. A failure is logged, and tried again the next time.

    Nothing is done while the clock, or the database, cannot be relied on.
    """
    if not await runtime.clock_watch.look() or runtime.store.distrust is not None:
        return
    for job in JOBS:
        try:
            await job(runtime)
        except Exception:  # noqa: BLE001 - one job must not stop the others
            log.error("what fell due was not carried out", job=job.__module__, exc_info=True)


async def is_anything_due(runtime: Runtime) -> bool:
    """Returns true if something would be carried out now that could not be undone."""
    now = runtime.clock()
    async with runtime.store.read() as tx:
        if await keys.due_transitions(tx, now, 1) or await marks.is_any_expired(tx, now):
            return True
        return any(rotation_end.is_due(each, now) for each in await rotations.to_evaluate(tx))


class Scheduler:
    """Runs the jobs of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rounds = PeriodicTask(
            partial(run_due_jobs, runtime),
            name="due work",
            undone="what fell due waits: the store does not answer",
            seconds=EVERY_SECONDS,
        )

    async def start(self) -> None:
        """Does what fell due while nothing ran, then looks every few seconds."""
        with contextlib.suppress(StoreUnavailableError):
            await run_due_jobs(self._runtime)
        self._rounds.start()

    async def aclose(self) -> None:
        """Stops, once the jobs under way have ended."""
        await self._rounds.aclose()
