"""Work of the service beside its requests: tasks that it owns, and work at intervals."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from keyconsole.service.logs import log
from keyconsole.service.store.engine import StoreUnavailableError

ResultT = TypeVar("ResultT")


class TaskSet:
    """Tasks that outlive their requests. At the end they stop at their next step, not in one.

    What is left of them must be found in the store at the next start.
    """

    def __init__(self) -> None:
        self.is_stopping = False
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, ResultT]) -> asyncio.Task[ResultT]:
        """Let it run. What it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def join(self) -> None:
        """Wait until nothing runs any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Ask every task to end, and wait for it."""
        self.is_stopping = True
        await self.join()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work in the background failed", exc_info=error)


class PeriodicTask:
    """Runs `work` at intervals. What it raises is logged, and it is tried again the next time.

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
