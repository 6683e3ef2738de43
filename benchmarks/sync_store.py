"""The store asked five ways: `python -m benchmarks.sync_store`.

Creates keys and lists pages of 100 by the rules of the service, without HTTP, on SQLite. Prints
the CPU time of the process for each, which says the same on a machine that is busy: the median and
the range of three rounds. `docs/decisions/0002-the-store-stays-asynchronous.md` says what came of
it.
"""

import argparse
import asyncio
import contextlib
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks.built_once import LIMIT, BuiltOnce
from benchmarks.direct_store import DirectStore
from benchmarks.filled import Filled, filled

from keyconsole.service.clock import system_clock
from keyconsole.service.rules import audit, keylists, minting
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.principals import Principal
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import accounts
from keyconsole.service.store.sqlite.engine import SqliteStore
from keyconsole.wire import KeyCreate

ROUNDS = 3
WARM_UP = 20

ResultT = TypeVar("ResultT")
Run = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]


class Way(NamedTuple):
    """One way to ask: the context of the rules, what runs them, and the statements in use."""

    name: str
    context: RequestContext
    run: Run
    statements: Callable[[], AbstractContextManager[None]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keys", type=int, default=20_000)
    options.add_argument("--creates", type=int, default=300)
    options.add_argument("--pages", type=int, default=100)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        made = filled(Path(directory) / "data", asked.keys)
        asyncio.run(_measure(made, asked.creates, asked.pages))


async def _measure(made: Filled, creates: int, pages: int) -> None:
    # Opened and not started: the checks of the file are meant for one thread alone.
    runtime = await Runtime.open(made.settings, system_clock)
    integration = (made.data_dir / "integration").read_text()
    try:
        with _ways(runtime, await _principal(runtime)) as ways:
            spent: dict[tuple[str, str], list[float]] = {}
            for number in range(ROUNDS):
                for way in ways:
                    with way.statements():
                        for what, times, step in (
                            ("create", creates, _create(way, integration)),
                            ("page", pages, _page(way)),
                        ):
                            await _cpu(step, WARM_UP)
                            spent.setdefault((what, way.name), []).append(await _cpu(step, times))
                print(f"round {number + 1} of {ROUNDS}", flush=True)
            await _require_whole(ways[0].context)
    finally:
        await runtime.aclose()
    for (what, name), seconds in sorted(spent.items()):
        least, middle, most = min(seconds), statistics.median(seconds), max(seconds)
        print(
            f"{what:7} {name:45} {middle * 1000:5.2f} ms  ({least * 1000:.2f} to {most * 1000:.2f})"
        )


async def _require_whole(context: RequestContext) -> None:
    """Raise unless each create left its event in the chain, whichever way it went."""
    found = await audit.verify(context, None, 0)
    if found.first_broken is not None or not found.complete:
        raise RuntimeError("the audit log is not whole")
    print(f"{found.verified:,} events follow one another")


async def _principal(runtime: Runtime) -> Principal:
    async with runtime.store.read() as tx:
        account_id = await accounts.find_account_id(tx, "ops@acme.example")
        account = await accounts.find_account(tx, account_id or "")
    if account is None:
        raise RuntimeError("the account is not there")
    return Principal(account, token_id="")


@contextmanager
def _ways(runtime: Runtime, principal: Principal) -> Iterator[list[Way]]:
    store = runtime.store
    if not isinstance(store, SqliteStore):
        raise TypeError("a file is expected")
    once = BuiltOnce(principal.workspaces[0]).in_use
    as_now = contextlib.nullcontext
    with (
        closing(DirectStore(store, is_raw=False)) as alchemy,
        closing(DirectStore(store, is_raw=True)) as raw,
        ThreadPoolExecutor(1) as thread,
    ):

        def context(store: Any) -> RequestContext:
            return RequestContext(replace(runtime, store=store), principal, "req_1")

        async def in_thread(work: Coroutine[Any, Any, Any]) -> Any:
            return await asyncio.get_running_loop().run_in_executor(thread, _driven, work)

        async def here(work: Coroutine[Any, Any, Any]) -> Any:
            return await work

        yield [
            Way("asynchronous, as it is", context(store), here, as_now),
            Way("asynchronous, statements built once", context(store), here, once),
            Way("thread, SQLAlchemy, statements as they are", context(alchemy), in_thread, as_now),
            Way("thread, SQLAlchemy, statements built once", context(alchemy), in_thread, once),
            Way("thread, sqlite3, texts built once", context(raw), in_thread, once),
        ]


def _driven(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """What rules return that never wait for anything but the database, in this thread."""
    try:
        work.send(None)
    except StopIteration as ended:
        result: ResultT = ended.value
        return result
    raise RuntimeError("the rules waited")


def _create(way: Way, integration: str) -> Callable[[], Awaitable[object]]:
    async def step() -> None:
        asked = KeyCreate(label=f"measured-{secrets.token_hex(8)}")
        nonce = secrets.token_urlsafe(24)
        await way.run(minting.create_key(way.context, integration, asked, nonce))

    return step


def _page(way: Way) -> Callable[[], Awaitable[object]]:
    async def step() -> None:
        asked = keylists.KeyPageQuery(limit=LIMIT)
        found = await way.run(keylists.list_keys(way.context, asked))
        if len(found.items) != LIMIT or found.next_cursor is None:
            raise RuntimeError("a whole page is expected")

    return step


async def _cpu(step: Callable[[], Awaitable[object]], times: int) -> float:
    """CPU time of the process for one step, in seconds."""
    began = time.process_time()
    for _ in range(times):
        await step()
    return (time.process_time() - began) / times


if __name__ == "__main__":
    main()
