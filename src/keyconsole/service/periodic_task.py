"""Work that comes round again for as long as a process serves."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from keyconsole.service.logs import log
from keyconsole.service.store.engine import StoreUnavailableError


class Repeating:
    """One kind of work. What it raises is logged, and it is tried again the next time.

    `undone` is the sentence for a store that does not answer.
    """

    def __init__(self, work: Callable[[], Awaitable[object]], *, name: str, undone: str) -> None:
        self._work = work
        self._name = name
        self._undone = undone
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not closed since."""
        return self._task is not None

    def start(self, seconds: float) -> None:
        """Do it from now on, each time so many seconds after the last."""
        self._ending.clear()
        self._task = asyncio.create_task(self._run(seconds), name=self._name)

    async def aclose(self) -> None:
        """Stop, once what is being done is done: half a write would be undone, and lost."""
        self._ending.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self, seconds: float) -> None:
        while not await self._ends_within(seconds):
            try:
                await self._work()
            except StoreUnavailableError:
                log.warning(self._undone)
            except Exception:  # noqa: BLE001 - a defect that showed once must not end it for good
                log.error("work that repeats failed", work=self._name, exc_info=True)

    async def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return self._ending.is_set()
