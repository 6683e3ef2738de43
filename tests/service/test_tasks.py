import asyncio
import contextlib

import pytest

from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.tasks import PeriodicTask


async def test_work_comes_round_again_until_it_is_closed() -> None:
    done = 0
    thrice = asyncio.Event()

    async def work() -> None:
        nonlocal done
        done += 1
        if done == 3:
            thrice.set()

    repeating = PeriodicTask(work, name="work", undone="not done", seconds=0)
    repeating.start()
    await thrice.wait()
    await repeating.aclose()
    ended, tasks = done, asyncio.all_tasks()
    assert not repeating.is_running
    assert not any(task.get_name() == "work" for task in tasks)
    await asyncio.sleep(0)
    assert done == ended


async def test_what_began_is_finished_before_it_is_closed() -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    done = False

    async def work() -> None:
        nonlocal done
        began.set()
        await may_end.wait()
        done = True

    repeating = PeriodicTask(work, name="work", undone="not done", seconds=0)
    repeating.start()
    await began.wait()
    closing = asyncio.create_task(repeating.aclose())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(closing), 0)
    assert not closing.done()
    may_end.set()
    await closing
    assert done


@pytest.mark.parametrize(
    ("error", "told"),
    [(StoreUnavailableError(), "the work waits"), (ValueError("a defect"), "a defect")],
)
async def test_what_fails_is_told_and_tried_again(
    error: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    twice = asyncio.Event()
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries == 2:
            twice.set()
        raise error

    repeating = PeriodicTask(work, name="work", undone="the work waits", seconds=0)
    repeating.start()
    await twice.wait()
    await repeating.aclose()
    assert told in caplog.text


async def test_closing_what_was_never_started_does_nothing() -> None:
    async def work() -> None:
        raise AssertionError

    repeating = PeriodicTask(work, name="work", undone="not done", seconds=0)
    await repeating.aclose()
    assert not repeating.is_running
