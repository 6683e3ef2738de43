"""A token_command for real: what it prints is taken or told, and nobody has to wait for it."""

import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.terminal.conftest import Machine
from tests.terminal.terminal import DEADLINE, Terminal

SOON = 5.0
"""A second, on a machine that others use too; the command would take ten minutes."""

FORGED = "kco_0123456789abcdef_hunter2"


def has_profile(machine: Machine, url: str, command: list[str]) -> None:
    """Write a configuration whose one profile gets its token by a command."""
    path = machine.home / "config" / "keyconsole" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'default_profile = "prod"\n[profiles.prod]\nurl = "{url}"\n'
        f"token_command = {json.dumps(command)}\n"
    )


def test_the_console_signs_in_with_what_is_printed(
    machine: Machine, admin: Callable[[], str]
) -> None:
    token = admin()
    service = machine.service()
    has_profile(machine, service.url, ["sh", "-c", f"echo seen > /dev/tty; echo {token}"])
    console = machine.console()
    console.wait_for("prod", "No integrations yet")
    console.press("q")

    assert console.read_to_the_end() == 0
    assert b"seen" not in console.written
    assert token[21:].encode() not in console.written
    assert token[21:] not in service.log
    for path in machine.home.rglob("*"):
        assert path.name == "config.toml" or not path.is_file() or token not in path.read_text()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (f"echo {FORGED}; echo {FORGED} >&2; exit 3", "ended with 3; run it by itself to see why"),
        (f"printf '\\033]52;c;aGk=\\007{FORGED}\\n'", "it holds <U+001B>"),
        (f"echo {FORGED}; echo {FORGED}", "it is more than the token alone"),
        ("true", "it is empty"),
    ],
    ids=["fails", "escapes", "two lines", "nothing"],
)
def test_what_is_no_token_is_told_after_the_screen_is_left(
    script: str, told: str, machine: Machine
) -> None:
    has_profile(machine, "http://127.0.0.1:9", ["sh", "-c", script])
    console = machine.console()

    assert console.read_to_the_end() == 1
    assert told in " ".join(console.screen.split())
    assert b"hunter2" not in console.written
    assert b"\x1b]52" not in console.written


@pytest.fixture
def hangs(machine: Machine) -> Callable[[], int]:
    """A profile whose command never ends; waits until it runs, and answers its process id."""
    told = machine.home / "told"
    os.mkfifo(told)
    script = f"echo $$ > {told}; exec sleep 600"
    has_profile(machine, "http://127.0.0.1:9", ["sh", "-c", script])

    def runs() -> int:
        pipe = os.open(told, os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert select.select([pipe], [], [], DEADLINE)[0], "the command does not run"
            return int(os.read(pipe, 64))
        finally:
            os.close(pipe)

    return runs


def by_key(console: Terminal) -> None:
    console.press("q")


def by_signal(console: Terminal) -> None:
    console.send(signal.SIGTERM)


def by_closing(console: Terminal) -> None:
    console.hang_up()


@pytest.mark.parametrize("leave", [by_key, by_signal, by_closing])
def test_nobody_waits_for_a_command_that_hangs(
    leave: Callable[[Terminal], None], machine: Machine, hangs: Callable[[], int]
) -> None:
    console = machine.console()
    console.wait_for("connecting", "q quit")
    command = hangs()
    started = time.monotonic()
    leave(console)
    console.wait_for_the_end()

    assert time.monotonic() - started < SOON
    assert not Path(f"/proc/{command}").exists()


def test_a_command_line_that_waits_for_one_is_ended_by_ctrl_c(
    machine: Machine, hangs: Callable[[], int]
) -> None:
    terminal = machine.console("integrations", "list")
    command = hangs()
    started = time.monotonic()
    terminal.press("ctrl+c")

    assert terminal.read_to_the_end() == 130
    assert time.monotonic() - started < SOON
    assert not Path(f"/proc/{command}").exists()
