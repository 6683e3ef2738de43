"""Verification against the least it can be, against itself, and against a rival.

Every server is alive at once, and each is measured in turn with one load of 16 connections.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figures import Figures
from benchmarks.filled import Filled, filled
from benchmarks.goals import RIVAL
from benchmarks.load import Load, load
from benchmarks.rival import Rival
from benchmarks.run import Run
from benchmarks.servers import Server, service, serving

SECONDS = 1.0
SETTLE_SECONDS = 1.1
"""Until what a service counted is written, so that the next server does not pay for it."""


class Arm(NamedTuple):
    """A server and what is presented to it."""

    name: str
    server: Server
    secrets: Path


class Window(NamedTuple):
    """What one turn of a server came to: requests a second, and seconds of one."""

    rate: float
    cpu: float
    p50: float
    p99: float


def measure(run: Run) -> None:
    """Note every figure of the section."""
    with ExitStack() as stack:
        arms = [*_sqlite(stack, run), *_postgresql(stack, run)]
        asking = stack.enter_context(load())
        for figures in run.each_round():
            for arm in arms:
                window = _window(asking, arm, SECONDS)
                figures.note(arm.name, window.rate, window.cpu)
                if arm.name.startswith("PostgreSQL"):
                    figures.note(f"CPU, {arm.name}", window.cpu)
                if arm.name == "SQLite":
                    _lateness(asking, arm, window.rate / 2, figures)


def _sqlite(stack: ExitStack, run: Run) -> Iterator[Arm]:
    many, few = filled(run.directory / "many", run.keys), filled(run.directory / "thousand", 1_000)
    yield _skeleton(stack, "skeleton", many, "sqlite", str(many.settings.database_path))
    yield Arm("SQLite", stack.enter_context(service("sqlite", many.data_dir)), many.secrets)
    small = stack.enter_context(service("few", few.data_dir))
    yield Arm("SQLite, 1,000 keys", small, few.secrets)
    # A bad key from one source is soon told to come back later, which takes no verification.
    free = stack.enter_context(service("free", few.data_dir, KEYCONSOLE_RATE_LIMITS="off"))
    yield Arm("without limits", free, few.secrets)
    yield Arm("bad checksum", free, few.bad)
    yield from _rival(stack, run, RIVAL)


def _postgresql(stack: ExitStack, run: Run) -> Iterator[Arm]:
    url = stack.enter_context(run.postgresql())
    if not url:
        return
    keys = filled(run.fresh("postgresql"), run.keys, url)
    yield _skeleton(stack, "PostgreSQL skeleton", keys, "postgres", url)
    for name, workers in (("PostgreSQL", 1), ("PostgreSQL, two", 2)):
        server = service(name, keys.data_dir, workers, KEYCONSOLE_DATABASE_URL=url)
        yield Arm(name, stack.enter_context(server), keys.secrets)
    other = stack.enter_context(run.postgresql())
    yield from _rival(stack, run, f"{RIVAL}, PostgreSQL", f"{other.partition('host=')[2]}/postgres")


def _skeleton(stack: ExitStack, name: str, keys: Filled, database: str, where: str) -> Arm:
    command = [sys.executable, "-m", "benchmarks.skeleton", database, where]
    server = stack.enter_context(serving(name, command, keys.data_dir / "skeleton.log"))
    return Arm(name, server, keys.secrets)


def _rival(stack: ExitStack, run: Run, name: str, database: str = "") -> Iterator[Arm]:
    if (programs := run.rival(RIVAL)) is not None:
        rival = Rival(programs, run.fresh(name))
        yield Arm(name, stack.enter_context(rival.serving(name, database)), rival.secrets)


def _window(asking: Load, arm: Arm, seconds: float, **order: Any) -> Window:
    before = arm.server.cpu()
    answer = asking.run(
        port=arm.server.port,
        path=arm.server.path,
        headers=[arm.server.header],
        secrets=str(arm.secrets),
        seconds=seconds,
        **order,
    )
    time.sleep(SETTLE_SECONDS)
    spent = arm.server.cpu() - before
    answered = answer["answered"]
    wanted = "401" if arm.name == "bad checksum" else "200"
    if answer["statuses"] != {wanted: answered}:
        raise RuntimeError(f"{arm.name}: {answer['statuses']}")
    return Window(answered / answer["seconds"], spent / answered, answer["p50"], answer["p99"])


def _lateness(asking: Load, arm: Arm, rate: float, figures: Figures) -> None:
    """How much later the latest answers come than most, at half of what can be answered."""
    window = _window(asking, arm, SECONDS * 2, rate=rate)
    figures.note("p50", window.p50)
    figures.note("p99", window.p99)
