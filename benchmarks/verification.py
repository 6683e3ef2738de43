"""Verification against the least it can be, against itself, and against a rival: in ratios.

    python -m benchmarks.verification [--keys 1000000] [--rounds 9] [--rivals] [--keep DIRECTORY]

Every server of a table is alive at once and each is measured in turn, in several rounds, with one
load of 16 connections on this machine. A ratio is taken within a round, and the median of the
quieter half of the rounds is told: absolute figures move by a factor of two with whatever else
runs here. Beside it stands the same ratio in processor time of the server, which noise hardly
moves. PostgreSQL is measured where the packages for the tests are installed. Ends with 1 where a
goal is missed.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.filled import Filled, filled
from benchmarks.load import Load, load
from benchmarks.rival import Rival
from benchmarks.servers import Server, service, serving

SECONDS = 1.0
SETTLE_SECONDS = 1.1
"""Until what a service counted is written, so that the next server does not pay for it."""
CALLS = 60


class Arm(NamedTuple):
    """A server and what is presented to it."""

    name: str
    server: Server
    secrets: Path


class Window(NamedTuple):
    """What one turn of a server came to."""

    rate: float
    cpu: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Goal:
    """A line of the table of goals: one arm against another."""

    text: str
    arm: str
    against: str
    at_least: float


GOALS = (
    Goal("SQLite, full contract, of its skeleton", "sqlite", "skeleton", 0.85),
    Goal("SQLite, all these keys, of 1,000", "sqlite", "sqlite, 1,000 keys", 0.9),
    Goal("a bad checksum of a good key", "bad checksum", "without limits", 1.2),
    Goal("SQLite, of djangorestframework-api-key", "sqlite", "rival", 12),
    Goal("PostgreSQL, full contract, of its skeleton", "postgres", "postgres skeleton", 0.85),
    Goal("PostgreSQL, two processes of one", "postgres, two", "postgres", 1.2),
    Goal("PostgreSQL, of djangorestframework-api-key", "postgres", "rival, postgres", 14),
)


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rivals", action="store_true", help="install and measure the rival too")
    parser.add_argument("--keep", type=Path, help="fill here, and use what is there already")
    parser.add_argument("--no-postgres", action="store_true")
    chosen = parser.parse_args()
    print(f"{chosen.keys:,} keys")
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="keyconsole-verify-"))
        directory = chosen.keep or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        many = filled(directory / "many", chosen.keys)
        few = filled(directory / "few", 1_000)
        arms = [*_sqlite(stack, many, few)]
        rival = None
        if chosen.rivals:
            rival = Rival(directory / "rival")
            rival.install()
            server = stack.enter_context(rival.serving("rival"))
            arms.append(Arm("rival", server, rival.secrets))
        asking = stack.enter_context(load())
        missed = _table(asking, arms, chosen.rounds)
        if not chosen.no_postgres:
            with ExitStack() as servers:
                missed += _table(asking, [*_postgres(servers, directory, chosen)], chosen.rounds)
        named = {arm.name: arm.server for arm in arms}
        missed += _lateness(asking, arms[1], chosen.rounds)
        missed += _management(named, many, few)
    print(f"{missed} missed" if missed else "every goal reached")
    return min(missed, 1)


def _sqlite(stack: ExitStack, many: Filled, few: Filled) -> Iterator[Arm]:
    skeleton = stack.enter_context(
        serving(
            "skeleton",
            [
                sys.executable,
                "-m",
                "benchmarks.skeleton",
                "sqlite",
                str(many.settings.database_path),
            ],
            many.data_dir / "skeleton.log",
        )
    )
    yield Arm("skeleton", skeleton, many.secrets)
    yield Arm("sqlite", stack.enter_context(service("sqlite", many.data_dir)), many.secrets)
    small = stack.enter_context(service("few", few.data_dir))
    yield Arm("sqlite, 1,000 keys", small, few.secrets)
    # A bad key from one source is soon told to come back later, which takes no verification.
    free = stack.enter_context(service("free", few.data_dir, KEYCONSOLE_RATE_LIMITS="off"))
    yield Arm("without limits", free, few.secrets)
    yield Arm("bad checksum", free, few.bad)


def _postgres(stack: ExitStack, directory: Path, chosen: argparse.Namespace) -> Iterator[Arm]:
    from tests.service.store.postgres.server import a_server

    server = stack.enter_context(a_server("fsync = on", "log_statement = none"))
    url = server.url
    keys = filled(Path(stack.enter_context(tempfile.TemporaryDirectory())), chosen.keys, url)
    skeleton = stack.enter_context(
        serving(
            "postgres skeleton",
            [sys.executable, "-m", "benchmarks.skeleton", "postgres", url],
            keys.data_dir / "skeleton.log",
        )
    )
    yield Arm("postgres skeleton", skeleton, keys.secrets)
    one = service("one", keys.data_dir, KEYCONSOLE_DATABASE_URL=url)
    yield Arm("postgres", stack.enter_context(one), keys.secrets)
    two = service("two", keys.data_dir, workers=2, KEYCONSOLE_DATABASE_URL=url)
    yield Arm("postgres, two", stack.enter_context(two), keys.secrets)
    if chosen.rivals:
        other = stack.enter_context(a_server("fsync = on", "log_statement = none"))
        rival = Rival(directory / "rival")
        host = other.url.partition("host=")[2]
        served = stack.enter_context(rival.serving("rival, postgres", f"{host}/postgres"))
        yield Arm("rival, postgres", served, rival.secrets)


def _table(asking: Load, arms: Sequence[Arm], rounds: int) -> int:
    """Measure the arms in turn and hold them to the goals; how many are missed."""
    for arm in arms:
        _window(asking, arm, SECONDS)
    measured = [{arm.name: _window(asking, arm, SECONDS) for arm in arms} for _ in range(rounds)]
    quiet = _quieter_half(measured)
    print(f"\n{'':28} {'req/s':>8} {'CPU µs':>8} {'p50 ms':>8} {'p99 ms':>8}")
    for arm in arms:
        middle = Window(
            *(
                statistics.median(each)
                for each in zip(*(each[arm.name] for each in quiet), strict=True)
            )
        )
        print(
            f"{arm.name:28} {middle.rate:8,.0f} {middle.cpu * 1e6:8.1f}"
            f" {middle.p50 * 1e3:8.2f} {middle.p99 * 1e3:8.2f}"
        )
    print()
    missed = 0
    for goal in GOALS:
        if goal.arm in quiet[0] and goal.against in quiet[0]:
            pairs = [(each[goal.arm], each[goal.against]) for each in quiet]
            value = statistics.median(arm.rate / against.rate for arm, against in pairs)
            spent = statistics.median(against.cpu / arm.cpu for arm, against in pairs)
            missed += told(goal.text, value, goal.at_least, note=f"by processor time {spent:.2f}")
    return missed


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


def _quieter_half(rounds: list[dict[str, Window]]) -> list[dict[str, Window]]:
    """The rounds in which the machine did most for us."""
    best = {name: max(each[name].rate for each in rounds) for name in rounds[0]}
    rounds = sorted(
        rounds, key=lambda each: -sum(window.rate / best[name] for name, window in each.items())
    )
    return rounds[: (len(rounds) + 1) // 2]


def _lateness(asking: Load, arm: Arm, rounds: int) -> int:
    """How much later the latest answers come than most, at half of what can be answered."""
    most = statistics.median(_window(asking, arm, SECONDS).rate for _ in range(3))
    windows = [_window(asking, arm, SECONDS * 2, rate=most / 2) for _ in range(rounds)]
    quiet = sorted(windows, key=lambda window: window.p99)[: (rounds + 1) // 2]
    ratio = statistics.median(window.p99 / window.p50 for window in quiet)
    middle = statistics.median(window.p50 for window in quiet) * 1000
    return told("p99 of p50 at half the load", ratio, 5, most=True, note=f"p50 {middle:.2f} ms")


def _management(servers: dict[str, Server], many: Filled, few: Filled) -> int:
    """Create and list, one call at a time, beside the rival where there is one."""
    ours, small = _Caller(servers["sqlite"], many), _Caller(servers["sqlite, 1,000 keys"], few)
    rival = _Caller(servers["rival"], None) if "rival" in servers else None
    creates: list[tuple[float, float]] = []
    pages: list[tuple[float, float, float]] = []
    for number in range(CALLS):
        creates.append((ours.create(number), rival.create(number) if rival else 0.0))
        pages.append((ours.page(), small.page(), rival.page() if rival else 0.0))
    create, theirs = (statistics.median(each) for each in zip(*creates, strict=True))
    page, page_small, page_theirs = (statistics.median(each) for each in zip(*pages, strict=True))
    print(f"\ncreate {create * 1e3:.2f} ms, a page of 100 {page * 1e3:.2f} ms")
    missed = told("a page of 100 of all these keys, of 1,000", page / page_small, 2, most=True)
    if rival:
        print(f"rival: create {theirs * 1e3:.2f} ms, a page of 100 {page_theirs * 1e3:.2f} ms")
        missed += told("create, FULL and audited, of the rival's", create / theirs, 0.5, most=True)
        missed += told("a page of 100, of the rival's", page / page_theirs, 0.15, most=True)
    return missed


class _Caller:
    """Whoever manages keys, one call at a time."""

    def __init__(self, server: Server, keys: Filled | None) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", server.port)
        self._headers = {"Content-Type": "application/json"}
        self._keys = keys
        self._path = "/keys"
        self._created_at = "/keys"
        if keys is not None:
            self._headers["Authorization"] = f"Bearer {keys.token}"
            integration = (keys.data_dir / "integration").read_text()
            self._path = "/v1/keys?limit=100&sort=-created_at"
            self._created_at = f"/v1/integrations/{integration}/keys"

    def create(self, number: int) -> float:
        label = f"made-{time.time_ns()}-{number}"
        headers = self._headers | {"Idempotency-Key": f"{label:x<32}"}
        return self._call("POST", self._created_at, json.dumps({"label": label}), headers)

    def page(self) -> float:
        return self._call("GET", self._path, None, self._headers)

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> float:
        began = time.perf_counter()
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        read = answer.read()
        took = time.perf_counter() - began
        if answer.status not in (200, 201):
            raise RuntimeError(read.decode())
        return took


def told(text: str, value: float, goal: float, *, most: bool = False, note: str = "") -> int:
    """Print a value beside its goal; 1 where it is missed."""
    reached = value <= goal if most else value >= goal
    sign = "≤" if most else "≥"
    verdict = "reached" if reached else "MISSED"
    print(f"{text:46} {value:6.2f}   goal {sign} {goal:<5} {verdict:8} {note}")
    return int(not reached)


if __name__ == "__main__":
    raise SystemExit(main())
