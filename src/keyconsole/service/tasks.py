"""Work of the service beside its requests: tasks that it owns, and work at intervals."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from keyconsole.service.clock import DAY, Clock
from keyconsole.service.logs import log
from keyconsole.service.store.engine import Store, StoreUnavailableError

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
        """Starts a task. What it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def join(self) -> None:
        """Waits until no task runs any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Asks every task to end, and waits for it."""
        self.is_stopping = True
        await self.join()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work in the background failed", exc_info=error)


class PeriodicTask:
    """Runs `work` every `seconds`. What it raises is logged, and it is tried again the next time.

    `undone` is the sentence for a store that does not answer.
    """

    def __init__(
        self,
        work: Callable[[], Awaitable[object]],
        *,
        name: str,
        undone: str,
        seconds: float = 1.0,
    ) -> None:
        self.seconds = seconds
        self._work = work
        self._name = name
        self._undone = undone
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """True from its start until it is closed."""
        return self._task is not None

    def start(self) -> None:
        """Starts the task, which runs `work` for the first time after `seconds`."""
        self._ending.clear()
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def aclose(self) -> None:
        """Ends the task, once a run of `work` has ended: half a write would be undone, and lost."""
        self._ending.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        while not await self._ends_within(self.seconds):
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


class CountWriter(PeriodicTask):
    """The base of counts that are kept in memory, and written every second and when it is closed.

    `is_clock_right` tells if the clock can be relied on, `was_clock_moved` if it was set while
    this process ran.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        is_clock_right: Callable[[], bool] = lambda: True,
        was_clock_moved: Callable[[], bool] = lambda: False,
        *,
        name: str,
        undone: str,
    ) -> None:
        super().__init__(self.flush, name=name, undone=undone)
        self._store = store
        self._clock = clock
        self._is_clock_right = is_clock_right
        self._was_clock_moved = was_clock_moved

    async def flush(self) -> None:
        """Writes what was counted. Raises `StoreUnavailableError`, and keeps it then."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Ends the task, and writes what is left."""
        await super().aclose()
        with contextlib.suppress(StoreUnavailableError):
            await self.flush()

    def _future(self) -> int | None:
        """Returns the time after which a stored one is wrong; None if this clock may be wrong."""
        return None if self._was_clock_moved() else self._clock() + DAY
