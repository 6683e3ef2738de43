"""Work that goes on after its request was answered."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from keyconsole.service.logs import log

ResultT = TypeVar("ResultT")


class Background:
    """Tasks that the service owns. When it stops they end at their next step, not in one.

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

    async def settle(self) -> None:
        """Wait until nothing runs any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Ask every task to end, and wait for it."""
        self.is_stopping = True
        await self.settle()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work in the background failed", exc_info=error)
