"""What every test shares."""

import asyncio
import gc
import os
import re
import signal
from collections.abc import Generator, Iterator
from typing import Any
from unittest import mock

import hypothesis
import pytest
import stamina
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.util import LRUCache
from tests import shared
from tests.tiers import LIMITS, TierSelection

from keyconsole import cli
from keyconsole.cli import terminal

_MINTED = re.compile(r"kc[sop]_\w+")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="the whole numbers, where the suite takes a sample"
    )
    parser.addoption("--tier", choices=list(LIMITS), help="only the tests of this tier")


@pytest.fixture(scope="session")
def is_full(pytestconfig: pytest.Config) -> bool:
    """Whether the whole numbers are asked for."""
    return bool(pytestconfig.getoption("--full"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Two workers for a core for the slow tier, much of which waits for processes."""
    return 2 * (os.cpu_count() or 1) if config.getoption("--tier") == "slow" else None


def pytest_configure(config: pytest.Config) -> None:
    """Take signals as a person's shell leaves them, whoever runs the tests.

    A shell starts what it puts in the background with SIGINT ignored, `nohup` with SIGHUP; every
    process that a test starts would inherit that, and wait for ever.
    """
    # Hypothesis fails an example that takes 200 ms: on a machine that others use, any may.
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")
    if tier := config.getoption("--tier"):
        config.pluginmanager.register(TierSelection(tier), "tier-selection")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if _starts_the_run(config):
        shared.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that the processes of this run may have started."""
    if _starts_the_run(config):
        shared.end()


def _starts_the_run(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_collection_finish() -> None:
    """Collect garbage as rarely as the command does, and never among what is imported."""
    gc.set_threshold(cli.SELDOM)
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let pytest collect everything at the end, where it fails if a resource is left open."""
    gc.unfreeze()


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """Collects garbage after each module, so that what it left open fails a test of its own.

    A socket or coroutine in a cycle warns only when it is collected, and warnings are errors. What
    stays is not looked at again after each of the modules that follow.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def cores_are_left() -> Iterator[None]:
    """Keeps a command that a test calls in this process from forbidding core files to it for ever.

    A limit that was lowered cannot be raised again, and every program of later tests inherits it.
    """
    with mock.patch.object(terminal, "resource"):
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Keeps the SQL of each statement for all stores of a run; a service opens only one store.

    SQLAlchemy keeps it per engine and dialect object. A quarter of the time of a test that starts
    a service went into making the same SQL again.
    """
    compile_ = ClauseElement._compile_w_cache
    known: LRUCache[Any, Any] = LRUCache(2000)
    dialects: dict[Any, Dialect] = {}

    def compile_once(
        statement: ClauseElement, dialect: Dialect, *, compiled_cache: Any, **options: Any
    ) -> Any:
        if compiled_cache is not None:
            decoder = getattr(dialect, "_json_deserializer", None)
            dialect = dialects.setdefault((type(dialect), dialect.paramstyle, decoder), dialect)
            compiled_cache = known
        return compile_(statement, dialect, compiled_cache=compiled_cache, **options)

    with mock.patch.object(ClauseElement, "_compile_w_cache", compile_once):
        yield


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case without the credential in it, which is another one in every run.

    Workers that run beside one another must agree on the names, and no log shows a credential.
    """
    if isinstance(val, str) and _MINTED.search(val):
        return _MINTED.sub(lambda match: match.group()[:3], val)
    return None


@pytest.fixture(autouse=True)
def asked_once() -> None:
    """What fails, fails: a test that wants it asked again says how often."""
    stamina.set_testing(True, attempts=1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds what each task waits for to the report of a test that was ended after the `timeout`.

    The stack of the thread is that of the event loop, which says nothing about it.
    """
    report = yield
    if call.excinfo is not None and str(call.excinfo.value).startswith("Timeout ("):
        tasks = (each for each in gc.get_objects() if isinstance(each, asyncio.Task))
        waiting = [_awaited_by(each) for each in tasks if not each.done()]
        report.sections.append(("What each task waits for", "\n".join(waiting)))
    return report


def _awaited_by(task: asyncio.Task[Any]) -> str:
    """Returns a line for each coroutine of a task, from the outermost to what it waits for."""
    lines = [task.get_name()]
    at: Any = task.get_coro()
    while at is not None:
        frame = getattr(at, "cr_frame", None) or getattr(at, "gi_frame", None)
        if frame is not None:
            lines.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None)
    return "\n".join(lines)
