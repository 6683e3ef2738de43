"""What fell due is carried out: at start, and every few seconds from then on.

A job looks up what is due and does it, each thing in a transaction that checks again whether it
still is. So every process may run every job, and one that was killed leaves nothing half done.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from keyconsole.service.logs import log
from keyconsole.service.repeating import Repeating
from keyconsole.service.rules import disabling, rotation_end
from keyconsole.service.runtime import Runtime

EVERY_SECONDS = 5.0

Job = Callable[[Runtime], Awaitable[object]]

JOBS: Sequence[Job] = (disabling.burn_down, rotation_end.carry_out_due)


async def carry_out(runtime: Runtime) -> None:
    """Do everything that is due now. What fails is told, and tried again the next time."""
    for job in JOBS:
        try:
            await job(runtime)
        except Exception:  # noqa: BLE001 - one job must not stop the others
            log.error("what fell due was not carried out", job=job.__module__, exc_info=True)


class DueWork:
    """The loop of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rounds = Repeating(
            partial(carry_out, runtime),
            name="due work",
            undone="what fell due waits: the store does not answer",
        )

    async def start(self) -> None:
        """Do what fell due while nothing ran, and look again from now on."""
        await carry_out(self._runtime)
        self._rounds.start(EVERY_SECONDS)

    async def aclose(self) -> None:
        """Stop, once what is being done is done."""
        await self._rounds.aclose()
