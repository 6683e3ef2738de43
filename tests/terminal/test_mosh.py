"""Inside a real mosh, which has no second screen: what arrives, and what stays."""

import base64
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import DEADLINE, KEYCONSOLE, Terminal

pytestmark = pytest.mark.skipif(
    shutil.which("mosh-server") is None, reason="mosh is not installed here"
)


@pytest.fixture
def mosh(machine: Machine) -> Iterator[Terminal]:
    """A shell at the far end of mosh, as after `ssh`, which starts the server."""
    machine = machine.with_variables(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22", PS1="shell>")
    started = subprocess.run(
        ["mosh-server", "new", "-i", "127.0.0.1", "-c", "256", "--", "sh"],
        env=machine.environ,
        cwd=machine.cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    told = re.search(r"MOSH CONNECT (\d+) (\S+)", started.stdout)
    detached = re.search(r"pid = (\d+)", started.stderr)
    assert told is not None
    assert detached is not None
    near = machine.with_variables(MOSH_KEY=told[2])
    try:
        terminal = near.console("127.0.0.1", told[1], program=("mosh-client",))
        terminal.wait_for("shell>")
        yield terminal
    finally:
        os.kill(int(detached[1]), signal.SIGKILL)


def console_of(home: str) -> int:
    """The process id of the console that was started in the shell."""
    listed = subprocess.run(["pgrep", "-f", f"{KEYCONSOLE} open"], capture_output=True, check=True)
    for pid in map(int, listed.stdout.split()):
        if f"HOME={home}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes():
            return pid
    raise AssertionError("no console runs there")


def test_a_copy_arrives_and_a_signal_leaves_no_value_on_the_screen(
    mosh: Terminal, machine: Machine, stock: Stock
) -> None:
    mosh.type(f"{KEYCONSOLE} open /oauth/{stock.integration.id}/api-keys\r")
    mosh.wait_for("reports-prod", "n generate")
    steps.create_key(mosh, "cron-prod")
    secret = steps.show_value(mosh)
    mosh.press("c")
    mosh.wait_for("Sent to your terminal's clipboard: paste to check")
    sent = b"\x1b]52;c;" + base64.b64encode(secret.encode())
    mosh.wait_until(lambda: sent in mosh.written, "the copy")

    os.kill(console_of(str(machine.home)), signal.SIGTERM)
    mosh.wait_until(lambda: "API Key Created" not in mosh.screen, "the shell")
    mosh.wait_for("shell>")
    assert steps.secret_on(mosh) is None
    assert [line for line in mosh.lines if line] == ["shell>"]
