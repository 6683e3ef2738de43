"""The console on a terminal of its own: first frame, rows, memory, key presses, rest."""

import statistics
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.million import build
from benchmarks.pseudoterminal import Terminal
from benchmarks.run import Run
from benchmarks.servers import account, service

from keyconsole.service.embedded import WORKSPACE

KEYCONSOLE = str(Path(sys.executable).with_name("keyconsole"))
SMALLEST = (sys.executable, str(Path(__file__).with_name("smallest.py")), "100")
CROWDED = (KEYCONSOLE, "open", "/oauth/int_0000000000000000/api-keys")
NOWHERE = "http://127.0.0.1:9"
PRESSES = 25
PAGES = 40
IDLE_SECONDS = 10.0

FRAME = ("keyconsole", "Integrations", "? help")
ROWS = ("Last used", "kcp_")
DOWN = "\x1b[B"

Environ = Mapping[str, str]


@dataclass(frozen=True)
class Bench:
    """A service of 100 keys, one of many, this machine's own, and none; programs of rivals."""

    few: Environ
    many: Environ
    embedded: Environ
    unreachable: Environ
    rivals: Mapping[str, tuple[str, ...]]


def measure(run: Run) -> None:
    """Note every figure of the section."""
    with _bench(run) as bench:
        for figures in run.each_round():
            _smallest(bench, figures)
            _frames(bench, figures)
            _lists(bench, figures)
            _rivals(bench, figures)
            _idle(bench.many, figures)
            _paged(bench.many, figures)


@contextmanager
def _bench(run: Run) -> Iterator[Bench]:
    small, large = run.directory / "few", run.directory / "million"
    embedded, home = run.directory / "embedded", run.directory
    few_token, many_token = build(small, 100, integrations=1), build(large, run.keys)
    build(embedded, 100, integrations=1, workspace=WORKSPACE)
    with service("few", small) as few, service("many", large) as many:
        yield Bench(
            few=account(home, KEYCONSOLE_URL=few.url, KEYCONSOLE_TOKEN=few_token),
            many=account(home, KEYCONSOLE_URL=many.url, KEYCONSOLE_TOKEN=many_token),
            embedded=account(home, KEYCONSOLE_DATA_DIR=str(embedded)),
            unreachable=account(home, KEYCONSOLE_URL=NOWHERE, KEYCONSOLE_TOKEN=few_token),
            rivals=dict(_rival_programs(run, embedded)),
        )


def _rival_programs(run: Run, embedded: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    if (programs := run.rival("toolong")) is not None:
        line = "2026-11-24 09:00:00 INFO api-gateway-{:07d} 10.1.4.7 GET /v1/orders 200\n"
        for name, lines in (("100", 100), ("many", run.keys)):
            log = run.directory / f"{name}.log"
            log.write_text("".join(map(line.format, range(lines))))
            yield f"toolong, {name}", (str(programs / "tl"), str(log))
    if (programs := run.rival("harlequin")) is not None:
        options = ("-a", "sqlite", "--no-download-tzdata", str(embedded / "keyconsole.db"))
        yield "harlequin", (str(programs / "harlequin"), *options)


def _smallest(bench: Bench, figures: Figures) -> None:
    with Terminal(SMALLEST, bench.few) as app:
        figures.note("smallest app", app.shows("api-gateway-030"), app.cpu_seconds())
        app.settle(0.3)
        figures.note("smallest app, bytes at start", len(app.written))
        figures.note("smallest app, memory", app.peak_mb())
        _press(app, figures, "smallest app, press", "smallest app, bytes a press")


def _frames(bench: Bench, figures: Figures) -> None:
    for name, environ in (
        ("remote", bench.few),
        ("unreachable", bench.unreachable),
        ("embedded", bench.embedded),
    ):
        with Terminal((KEYCONSOLE,), environ) as console:
            figures.note(f"frame, {name}", console.shows(*FRAME), console.cpu_seconds())


def _lists(bench: Bench, figures: Figures) -> None:
    for name, environ in (("100", bench.few), ("many", bench.many), ("embedded", bench.embedded)):
        with Terminal(CROWDED, environ) as console:
            figures.note(f"rows, {name}", console.shows(*ROWS), console.cpu_seconds())
            console.settle(0.3)
            figures.note(f"memory, {name}", console.peak_mb())
            if name == "100":
                figures.note("bytes at start", len(console.written))
            _press(console, figures, f"press, {name}", f"bytes a press, {name}")


def _press(app: Terminal, figures: Figures, time_name: str, size_name: str) -> None:
    before = app.cpu_seconds()
    pressed = [app.press(DOWN) for _ in range(PRESSES)]
    spent = (app.cpu_seconds() - before) / PRESSES
    figures.note(time_name, statistics.median(seconds for seconds, _ in pressed), spent)
    figures.note(size_name, statistics.median(size for _, size in pressed))


def _rivals(bench: Bench, figures: Figures) -> None:
    for name, program in bench.rivals.items():
        with Terminal(program, bench.few) as rival:
            shown = "Database Connected" if name == "harlequin" else "api-gateway-"
            figures.note(name, rival.shows(shown), rival.cpu_seconds())
            rival.settle(0.3)
            figures.note(f"{name}, memory", rival.peak_mb())


def _idle(environ: Environ, figures: Figures) -> None:
    """Per cent of a core, of a console that shows keys and that nobody touches."""
    with Terminal(CROWDED, environ) as console:
        console.shows(*ROWS)
        console.settle(1)
        before = console.cpu_seconds()
        console.wait(IDLE_SECONDS)
        spent = console.cpu_seconds() - before
        figures.note("idle", spent / IDLE_SECONDS * 100, spent)


def _paged(environ: Environ, figures: Figures) -> None:
    """The most memory before and after going to the end of what was fetched again and again."""
    with Terminal(CROWDED, environ) as console:
        console.shows(*ROWS)
        console.settle(0.3)
        figures.note("memory, before", console.peak_mb())
        for _ in range(PAGES):
            if not console.press("G", patience=2)[1]:  # there is no more
                break
            console.settle(0.3)
        figures.note("memory, after", console.peak_mb())
