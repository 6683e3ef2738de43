"""However the console ends, what was on the one-time page is found nowhere after it."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import LEFT, Terminal

CRASHING = Path(__file__).with_name("crashing.py")
CRASHES = ("worker", "handler", "timer", "compose", "abort")
RUNS = 2
CORES = Path("/proc/sys/kernel/core_pattern")
PS = shutil.which("ps")
"""It shows what `/proc` does, which is read in any case; not every machine has it."""


@pytest.fixture(autouse=True)
def cores() -> Iterator[None]:
    """A shell that lets its programs leave core files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.fixture
def here(machine: Machine) -> Machine:
    """A machine with a temporary directory of its own, where everything says what it does."""
    (machine.home / "tmp").mkdir()
    return machine.with_variables(
        TMPDIR=str(machine.home / "tmp"),
        KEYCONSOLE_LOG_LEVEL="debug",
        KEYCONSOLE_DEBUG="1",
        TEXTUAL="devtools,debug",
        TEXTUAL_LOG=str(machine.home / "textual.log"),
        TEXTUAL_DEBUG="1",
        TEXTUAL_SCREENSHOT="1",
        TEXTUAL_SCREENSHOT_LOCATION=str(machine.home),
        PYTHONFAULTHANDLER="1",
    )


def open_value(machine: Machine, stock: Stock, where: str | None = None) -> tuple[Terminal, str]:
    """The page with the value shown; `where` it will crash, or the command as it is."""
    route = ("open", f"/oauth/{stock.integration.id}/api-keys")
    if where is None:
        console = machine.console(*route)
    else:
        console = machine.console(where, *route, program=(sys.executable, str(CRASHING)))
    console.wait_for("reports-prod")
    steps.create_key(console, "cron-prod")
    return console, steps.show_value(console)


def everywhere(machine: Machine, console: Terminal, after: int) -> Iterator[tuple[str, bytes]]:
    yield from leaks.files_under(machine.home, machine.data_dir, machine.cwd)
    yield from leaks.what_the_system_shows()
    if PS is not None:
        yield "ps", subprocess.run([PS, "axeww"], capture_output=True, check=False).stdout
    yield "the terminal", console.written[after:]


@pytest.mark.parametrize("where", CRASHES)
def test_a_crash_leaves_nothing_of_it(where: str, here: Machine, stock: Stock) -> None:
    console, secret = open_value(here, stock, where)
    console.press("y")
    code = console.read_to_the_end()

    if where == "abort":
        assert code == -signal.SIGABRT
        after = len(console.written)
    else:
        assert code == 1
        assert b"Something went wrong inside the console" in console.text_written
        assert b"in boom" in console.text_written
        after = console.written.index(LEFT)
        assert not console.is_alternate
    assert leaks.found_in(secret, everywhere(here, console, after)) == []
    assert [path for path in here.cwd.iterdir() if "core" in path.name] == []


def test_leaving_leaves_nothing_of_it(here: Machine, stock: Stock) -> None:
    console, secret = open_value(here, stock)
    console.press("enter")
    steps.wait_for_row(console, "cron-prod", "active")
    after = len(console.written)
    console.press("ctrl+r", "/", "escape", "ctrl+p", "escape")
    console.resize(100, 30)
    console.wait_for("reports-prod")

    assert leaks.found_in(secret, everywhere(here, console, after)) == []
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0
    assert leaks.found_in(secret, everywhere(here, console, after)) == []


LEAVES_A_CORE = """
import os, sys
secret = sys.stdin.read()
os.abort()
"""


def test_the_same_search_finds_it_wherever_it_is_planted(here: Machine, stock: Stock) -> None:
    console, secret = open_value(here, stock)
    assert leaks.found_in(secret, everywhere(here, console, 0))
    known = list(leaks.spellings(secret))
    places = (here.home / "tmp", here.home / "state", here.data_dir, here.cwd)
    for place in places:
        place.mkdir(exist_ok=True)
        for number, (_, spelled) in enumerate(known):
            (place / f"planted-{number}").write_bytes(b"x" + spelled + b"y")
    with subprocess.Popen(
        ["sh", "-c", "read end", secret],
        stdin=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "KEPT": secret},
    ) as planted:
        try:
            found = leaks.found_in(secret, everywhere(here, console, len(console.written)))
        finally:
            planted.kill()

    where = {line.rpartition(" ")[2] for line in found}
    assert {f"/proc/{planted.pid}/cmdline", f"/proc/{planted.pid}/environ"} <= where
    assert PS is None or "ps" in where
    for place in places:
        assert {f"{place}/planted-{number}" for number in range(len(known))} <= where


@pytest.mark.skipif(not CORES.read_text().startswith("core"), reason="cores go elsewhere here")
def test_a_program_that_takes_no_care_leaves_it_in_a_core_file(here: Machine, stock: Stock) -> None:
    _, secret = open_value(here, stock)
    ended = subprocess.run(
        [sys.executable, "-ISc", LEAVES_A_CORE],
        input=secret.encode(),
        cwd=here.cwd,
        check=False,
    )

    assert ended.returncode == -signal.SIGABRT
    found = leaks.found_in(secret, leaks.files_under(here.cwd))
    assert any("core" in Path(line.rpartition(" ")[2]).name for line in found)


def test_other_programs_of_the_person_cannot_read_its_memory(here: Machine, stock: Stock) -> None:
    console, _ = open_value(here, stock)
    limits = Path(f"/proc/{console.process.pid}/limits").read_text()

    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
    assert Path(f"/proc/{console.process.pid}/mem").stat().st_uid == 0


ENDINGS = ("exception", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT")


@pytest.mark.parametrize("how", ENDINGS)
def test_the_terminal_is_given_back_every_time(
    how: str, here: Machine, stock: Stock, is_full: bool
) -> None:
    """`pytest tests/terminal/test_canary.py --full -k every_time` runs each a hundred times."""
    restored = 0
    runs = 100 if is_full else RUNS
    for number in range(runs):
        console = here.console(
            "handler",
            "open",
            f"/oauth/{stock.integration.id}/api-keys",
            program=(sys.executable, str(CRASHING)),
        )
        console.read_until_entered()
        if number % 2 or how == "exception":
            console.wait_for("api-gateway-prod")  # the first, however many there are by now
        if how == "exception":
            steps.create_key(console, f"cron-{number}")
            console.press("y")
            assert console.read_to_the_end() == 1
        else:
            console.send(signal.Signals[how])
            assert console.read_to_the_end() == 128 + signal.Signals[how]
        restored += (
            not console.is_alternate
            and console.written.count(LEFT) == 1
            and (how == "exception" or console.lines[0] == Terminal.PROMPT)
        )
        console.__exit__(None, None, None)

    assert restored == runs
