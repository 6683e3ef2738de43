"""The machine: whether somebody else uses it, and what is installed."""

import ctypes
import importlib.metadata
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MOST_LOAD = 0.25
"""Load average for each core, before anything was started."""
MOST_BY_OTHERS = 0.15
"""Of a core, taken by processes that are not ours while a round was measured."""
PATIENCE_SECONDS = 180
"""For the load average to fall, which remembers what ran a minute ago."""

_BECOME_SUBREAPER = 36
_IDLE = (3, 4)
_GUESTS = 8
"""The columns of `/proc/stat` in which nothing runs, and those that are part of others."""


def adopt_daemons() -> None:
    """Make whatever our processes leave running in the background a child of this one.

    So that the processes of PostgreSQL are known as ours. See prctl(2), PR_SET_CHILD_SUBREAPER.
    """
    ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)


def noise_before(*, waits: bool) -> list[str]:
    """Why the machine is not quiet before the start; nothing where it is."""
    most, until = MOST_LOAD * cores(), time.monotonic() + PATIENCE_SECONDS
    if waits and os.getloadavg()[0] > most:
        print(f"waiting for a load average of {most:.2f}", file=sys.stderr, flush=True)
        while os.getloadavg()[0] > most and time.monotonic() < until:
            time.sleep(5)
    load = os.getloadavg()[0]
    return [f"load average {load:.2f}, where {most:.2f} are allowed"] if load > most else []


@dataclass
class Others:
    """The most that other processes took while a round was measured, as a part of a core."""

    most: float = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look before and after."""
        began, busy, ours = time.monotonic(), _busy(), _ours()
        yield
        spent = _busy() - busy - (_ours() - ours)
        self.most = max(self.most, spent / (time.monotonic() - began))

    def noise(self) -> list[str]:
        """Why the machine was not quiet; nothing where it was."""
        if self.most <= MOST_BY_OTHERS:
            return []
        return [
            f"other processes took {self.most:.0%} of a core, where {MOST_BY_OTHERS:.0%} is allowed"
        ]


def _busy() -> float:
    """Seconds of all cores in which something ran, or another machine had them."""
    ticks = Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
    spent = [int(each) for n, each in enumerate(ticks) if n not in _IDLE and n < _GUESTS]
    return sum(spent) / os.sysconf("SC_CLK_TCK")


def _ours() -> float:
    """Seconds of a core that this process has taken, and all that descend from it."""
    parents: dict[int, int] = {}
    spent: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:  # it has ended
            continue
        fields = text.rpartition(")")[2].split()
        parents[int(path.parent.name)] = int(fields[1])
        spent[int(path.parent.name)] = sum(map(int, fields[11:15]))
    return sum(ticks for pid, ticks in spent.items() if _descends(pid, parents)) / os.sysconf(
        "SC_CLK_TCK"
    )


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid]
    return False


def yardstick() -> float:
    """Seconds that a piece of work takes that is always the same."""
    began = time.perf_counter()
    sum(range(3_000_000))
    return time.perf_counter() - began


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def versions() -> dict[str, str]:
    """Of what every section uses."""
    return {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "textual": importlib.metadata.version("textual"),
    }
