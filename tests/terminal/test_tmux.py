"""Inside a real tmux, on a socket of its own: where a copy goes, and what is left of it."""

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import KEYCONSOLE, Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")

Tmux = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def socket() -> Iterator[Path]:
    """A socket whose path is short: one may have 107 bytes, and a temporary directory has more."""
    directory = Path(tempfile.mkdtemp(prefix="keyconsole-tmux-", dir="/tmp"))
    yield directory / "tmux.sock"
    shutil.rmtree(directory)


@pytest.fixture
def tmux(socket: Path, machine: Machine) -> Iterator[Tmux]:
    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["tmux", "-S", str(socket), *arguments],
            env=machine.environ,
            capture_output=True,
            check=False,
            timeout=30,
        )

    yield run
    run("kill-server")


def console_in_tmux(socket: Path, machine: Machine, stock: Stock, *settings: str) -> Terminal:
    """A shell in tmux in which the console was started, on the keys."""
    configuration = socket.with_name("tmux.conf")
    configuration.write_text("".join(f"{line}\n" for line in settings))
    terminal = machine.console(
        "new-session",
        "env",
        "PS1=shell>",
        "sh",
        program=("tmux", "-S", str(socket), "-f", str(configuration)),
    )
    terminal.wait_for("shell>")
    terminal.type(f"{KEYCONSOLE} open /oauth/{stock.integration.id}/api-keys\r")
    terminal.wait_for("reports-prod", "n generate")
    return terminal


def sent_to_the_clipboard(written: bytes) -> list[bytes]:
    pieces = written.split(b"\x1b]52;")[1:]
    return [base64.b64decode(each.partition(b";")[2].split(b"\x07")[0].split(b"\x1b")[0])
            for each in pieces]  # fmt: skip


@pytest.mark.parametrize("setting", ["on", "external", "off"])
def test_a_copy_arrives_under_every_setting_and_nothing_is_left(
    setting: str, tmux: Tmux, socket: Path, machine: Machine, stock: Stock
) -> None:
    terminal = console_in_tmux(socket, machine, stock, f"set -s set-clipboard {setting}")
    steps.create_key(terminal, "cron-prod")
    secret = steps.show_value(terminal)
    terminal.press("c")
    terminal.wait_for("Sent through tmux to your terminal's clipboard")

    assert sent_to_the_clipboard(terminal.written) == [secret.encode()]
    terminal.press("enter")
    steps.wait_for_row(terminal, "cron-prod", "active")
    terminal.press("ctrl+q")
    terminal.wait_until(lambda: terminal.screen.count("shell>") == 2)

    assert tmux("list-buffers").stdout == b""
    left = [
        ("the scrollback", tmux("capture-pane", "-p", "-e", "-S", "-").stdout),
        ("the other screen", tmux("capture-pane", "-p", "-a", "-q").stdout),
        ("what tmux knows", tmux("show-environment").stdout + tmux("show-messages").stdout),
    ]
    assert leaks.found_in(secret, iter(left)) == []
    assert b"keyconsole" in left[0][1]


def test_a_terminal_that_tmux_knows_no_clipboard_of_is_told(
    tmux: Tmux, socket: Path, machine: Machine, stock: Stock
) -> None:
    machine = machine.with_variables(TERM="vt220")
    terminal = console_in_tmux(socket, machine, stock)
    steps.create_key(terminal, "cron-prod")
    terminal.press("c")

    terminal.wait_for("Nothing was copied: tmux knows no clipboard of your terminal")
    assert b"\x1b]52" not in terminal.written


def test_a_tmux_that_is_dead_costs_nothing(machine: Machine, stock: Stock) -> None:
    machine = machine.with_variables(TMUX=f"{machine.home}/no-such-socket,1,0")
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys")
    console.wait_for("reports-prod")
    steps.create_key(console, "cron-prod")
    console.press("c")

    console.wait_for("this tmux may drop it: paste to check")


def test_info_says_which_way_a_copy_would_take_and_why(
    tmux: Tmux, socket: Path, machine: Machine, tmp_path: Path
) -> None:
    assert "osc52" in _clipboard_line(machine.run("info").stdout)
    over_ssh = machine.with_variables(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")
    assert "the clipboard is at the other end" in _clipboard_line(over_ssh.run("info").stdout)

    tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", f"{KEYCONSOLE} info; exec cat")
    inside = machine.with_variables(TMUX=f"{socket},1,0")
    assert "tmux knows no clipboard" in _clipboard_line(inside.run("info").stdout)
    dead = machine.with_variables(TMUX=f"{tmp_path}/none,1,0")
    assert "tmux does not answer" in _clipboard_line(dead.run("info").stdout)


def _clipboard_line(text: str) -> str:
    return text.partition("Clipboard")[2]
