"""Runs a function in a daemon thread."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


async def apart(work: Callable[[], ResultT]) -> ResultT:
    """Returns or raises as `work` does, which runs in a daemon thread.

    `asyncio.to_thread` has the loop wait for its threads when it closes: a person who leaves
    would look at a dead terminal until a command or a keyring has answered. This one is left
    behind, and ends with the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[ResultT] = loop.create_future()

    def tell(put: Callable[[Any], None], what: Any) -> None:
        if not answer.done():
            put(what)

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            told: tuple[Callable[[Any], None], Any] = answer.set_exception, error
        else:
            told = answer.set_result, result
        with suppress(RuntimeError):  # nobody waits any more, and the loop is closed
            loop.call_soon_threadsafe(tell, *told)

    Thread(target=run, daemon=True).start()
    return await answer
