"""The console on a terminal of 120×40: `python -m benchmarks.console [--keep DIR] [--rivals DIR]`.

Everything is measured in turn within a round, ratios are taken within a round, and the median of
the rounds counts. Beside the time stands that of a core: on a machine that others use too, only
this one is its own. Against: the smallest Textual app with a DataTable of 100 rows; with --rivals,
toolong on a log of as many lines and harlequin on a database, each in a venv of its own:

    for each in toolong harlequin; do
        python -m venv DIR/$each && DIR/$each/bin/pip install $each
    done

Ends with 1 when a goal is missed.
"""

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.million import build
from benchmarks.pseudoterminal import Terminal

from keyconsole.service.embedded import WORKSPACE

KEYCONSOLE = str(Path(sys.executable).with_name("keyconsole"))
SMALLEST = (sys.executable, str(Path(__file__).with_name("smallest.py")), "100")
IMPORTS = (sys.executable, "-c", "import httpx, pydantic, click")
CROWDED = "/oauth/int_0000000000000000/api-keys"
NOWHERE = "http://127.0.0.1:9"
PRESSES = 25
PAGES = 40
IDLE_SECONDS = 20.0

FRAME = ("keyconsole", "Integrations", "? help")
ROWS = ("Last used", "kcp_")
DOWN = "\x1b[B"


@dataclass(frozen=True)
class Bench:
    """What runs while it is measured: a service of 100 keys, one of many, and this machine's."""

    few: Mapping[str, str]
    many: Mapping[str, str]
    embedded: Mapping[str, str]
    unreachable: Mapping[str, str]
    rivals: Path | None
    scratch: Path


@dataclass
class Figures:
    """What was measured, by name, a value a round."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, name: str, value: float) -> None:
        self.values[name].append(value)

    def middle(self, name: str) -> float:
        return statistics.median(self.values[name])

    def ratio(self, name: str, of: str) -> float | None:
        """The median of the ratios of each round; nothing where one was not measured."""
        pairs = list(zip(self.values[name], self.values[of], strict=False))
        return statistics.median(a / b for a, b in pairs) if pairs else None


GOALS = (
    ("first frame, remote profile", "frame ms, remote", "smallest ms", 1.0),
    ("first frame, service unreachable", "frame ms, unreachable", "smallest ms", 1.0),
    ("first frame, embedded service", "frame ms, embedded", "smallest ms", 1.0),
    ("rows, 100 keys, of toolong's", "rows ms, 100", "toolong ms, 100", 1.0),
    ("rows, many keys, of toolong's", "rows ms, many", "toolong ms, many", 1.0),
    ("rows, many keys, of 100", "rows ms, many", "rows ms, 100", 1.15),
    ("rows, embedded, of harlequin's", "rows ms, embedded", "harlequin ms", 1.0),
    ("memory, 100 keys", "peak MB, 100", "smallest MB", 1.6),
    ("memory, many keys", "peak MB, many", "smallest MB", 1.6),
    ("memory, many keys, of 100", "peak MB, many", "peak MB, 100", 1.1),
    ("memory after 20,000 rows, of before", "peak MB, paged", "peak MB, many", 1.3),
    ("memory, embedded, of harlequin's", "peak MB, embedded", "harlequin MB", 1.0),
    ("a key press, 100 keys, time", "ms a key, 100", "smallest ms a key", 0.6),
    ("a key press, many keys, time", "ms a key, many", "smallest ms a key", 0.6),
    ("a key press, 100 keys, bytes", "bytes a key, 100", "smallest bytes a key", 0.5),
    ("a key press, many keys, bytes", "bytes a key, many", "smallest bytes a key", 0.5),
    ("bytes at start", "bytes, 100", "smallest bytes", 0.5),
    ("keys list --json of 100 keys", "keys list ms", "imports ms", 1.2),
)
IDLE_GOAL = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000, help="how many are many")
    parser.add_argument("--keep", type=Path, help="build here, and use what is there already")
    parser.add_argument("--rivals", type=Path, help="where toolong and harlequin are")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    figures = Figures()
    with (
        tempfile.TemporaryDirectory(prefix="keyconsole-console-") as scratch,
        _bench(Path(scratch), asked.keep, asked.keys, asked.rivals) as bench,
    ):
        for number in range(asked.rounds + 1):
            kept = figures if number else Figures()  # the first one warms the caches
            _round(bench, kept, asked.keys)
            print(f"round {number} of {asked.rounds}", file=sys.stderr, flush=True)
        figures.note("idle %", _idle(bench.many))
        figures.note("peak MB, paged", _paged(bench.many))
    return _report(figures)


@contextlib.contextmanager
def _bench(scratch: Path, keep: Path | None, keys: int, rivals: Path | None) -> Iterator[Bench]:
    small, large = scratch / "small", keep or scratch / "large"
    few_token = build(small, 100, integrations=1)
    many_token = build(large, keys)
    embedded = scratch / "embedded"
    build(embedded, 100, integrations=1, workspace=WORKSPACE)
    with _service(scratch, small) as few, _service(scratch, large) as many:
        yield Bench(
            few=_environ(scratch, KEYCONSOLE_URL=few, KEYCONSOLE_TOKEN=few_token),
            many=_environ(scratch, KEYCONSOLE_URL=many, KEYCONSOLE_TOKEN=many_token),
            embedded=_environ(scratch, KEYCONSOLE_DATA_DIR=str(embedded)),
            unreachable=_environ(scratch, KEYCONSOLE_URL=NOWHERE, KEYCONSOLE_TOKEN=few_token),
            rivals=rivals,
            scratch=scratch,
        )


def _environ(scratch: Path, **variables: str) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "KEYCONSOLE_RATE_LIMITS": "off",
        **variables,
    }


@contextlib.contextmanager
def _service(scratch: Path, directory: Path) -> Iterator[str]:
    log = scratch / f"{directory.name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [KEYCONSOLE, "service", "run", "--port", "0"],
            env=_environ(scratch, KEYCONSOLE_DATA_DIR=str(directory)),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while (found := re.search(r"listening on (\S+)", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield found[1]
    finally:
        process.terminate()
        process.wait()


def _round(bench: Bench, figures: Figures, keys: int) -> None:
    _smallest(bench, figures)
    for name in ("remote", "unreachable", "embedded"):
        environ = bench.few if name == "remote" else getattr(bench, name)
        with Terminal((KEYCONSOLE,), environ) as console:
            figures.note(f"frame ms, {name}", console.shows(*FRAME) * 1000)
            figures.note(f"frame cpu ms, {name}", console.cpu_seconds() * 1000)
    for name, environ in (("100", bench.few), ("many", bench.many)):
        with Terminal((KEYCONSOLE, "open", CROWDED), environ) as console:
            figures.note(f"rows ms, {name}", console.shows(*ROWS) * 1000)
            figures.note(f"rows cpu ms, {name}", console.cpu_seconds() * 1000)
            console.settle(0.3)
            figures.note(f"bytes, {name}", len(console.written))
            figures.note(f"peak MB, {name}", console.peak_mb())
            _press(console, figures, f"ms a key, {name}", f"bytes a key, {name}")
    with Terminal((KEYCONSOLE, "open", CROWDED), bench.embedded) as console:
        figures.note("rows ms, embedded", console.shows(*ROWS) * 1000)
        console.settle(0.3)
        figures.note("peak MB, embedded", console.peak_mb())
    figures.note("imports ms", _process(IMPORTS, bench.few))
    listing = (KEYCONSOLE, "keys", "list", "--json", "--limit", "100")
    figures.note("keys list ms", _process(listing, bench.few))
    if bench.rivals is not None:
        _rivals(bench, bench.rivals, figures, keys)


def _smallest(bench: Bench, figures: Figures) -> None:
    with Terminal(SMALLEST, bench.few) as app:
        figures.note("smallest ms", app.shows("api-gateway-030") * 1000)
        figures.note("smallest cpu ms", app.cpu_seconds() * 1000)
        app.settle(0.3)
        figures.note("smallest bytes", len(app.written))
        figures.note("smallest MB", app.peak_mb())
        _press(app, figures, "smallest ms a key", "smallest bytes a key")


def _press(app: Terminal, figures: Figures, time_name: str, size_name: str) -> None:
    pressed = [app.press(DOWN) for _ in range(PRESSES)]
    figures.note(time_name, statistics.median(seconds for seconds, _ in pressed) * 1000)
    figures.note(size_name, statistics.median(size for _, size in pressed))


def _rivals(bench: Bench, rivals: Path, figures: Figures, keys: int) -> None:
    for name, lines in (("100", 100), ("many", keys)):
        log = bench.scratch / f"{lines}.log"
        if not log.exists():
            line = "2026-11-24 09:00:00 INFO api-gateway-{:07d} 10.1.4.7 GET /v1/orders 200\n"
            log.write_text("".join(map(line.format, range(lines))))
        with Terminal((str(rivals / "toolong/bin/tl"), str(log)), bench.few) as toolong:
            figures.note(f"toolong ms, {name}", toolong.shows("api-gateway-") * 1000)
    database = str(bench.scratch / "embedded" / "keyconsole.db")
    program = (
        str(rivals / "harlequin/bin/harlequin"),
        "-a",
        "sqlite",
        "--no-download-tzdata",
        database,
    )
    with Terminal(program, bench.few) as harlequin:
        figures.note("harlequin ms", harlequin.shows("Database Connected") * 1000)
        harlequin.settle(0.3)
        figures.note("harlequin MB", harlequin.peak_mb())


def _process(program: tuple[str, ...], environ: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(program, env=environ, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def _idle(environ: Mapping[str, str]) -> float:
    """Per cent of a core, of a console that shows keys and that nobody touches."""
    with Terminal((KEYCONSOLE, "open", CROWDED), environ) as console:
        console.shows(*ROWS)
        console.settle(1)
        before = console.cpu_seconds()
        console.wait(IDLE_SECONDS)
        return (console.cpu_seconds() - before) / IDLE_SECONDS * 100


def _paged(environ: Mapping[str, str]) -> float:
    """The peak after going to the end of what was fetched again and again."""
    with Terminal((KEYCONSOLE, "open", CROWDED), environ) as console:
        console.shows(*ROWS)
        console.settle(0.3)
        for _ in range(PAGES):
            console.press("G")
            console.settle(0.3)
        return console.peak_mb()


def _report(figures: Figures) -> int:
    for name in figures.values:
        print(f"  {name:28} {figures.middle(name):10,.1f}")
    print(f"\n{'':40} {'goal':>8} {'value':>8}")
    missed = 0
    for name, value, of, goal in GOALS:
        missed += _line(name, figures.ratio(value, of), goal)
    missed += _line("idle, % of a core", figures.middle("idle %"), IDLE_GOAL)
    print(f"{missed} missed" if missed else "every goal reached")
    return min(missed, 1)


def _line(name: str, value: float | None, goal: float) -> int:
    if value is None:
        print(f"{name:40} {goal:8.2f} {'–':>8}  not measured")
        return 0
    is_reached = value <= goal
    print(f"{name:40} {goal:8.2f} {value:8.2f}  {'reached' if is_reached else 'MISSED'}")
    return int(not is_reached)


if __name__ == "__main__":
    raise SystemExit(main())
