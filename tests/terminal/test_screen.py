"""Inside a real GNU screen, which hands a clipboard on if it is asked to."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import KEYCONSOLE, Terminal
from tests.terminal.test_tmux import sent_to_the_clipboard

pytestmark = pytest.mark.skipif(
    shutil.which("screen") is None, reason="screen is not installed here"
)


@pytest.fixture
def inside(machine: Machine, stock: Stock, tmp_path: Path) -> Iterator[Terminal]:
    """A shell in screen in which the console was started, on the keys."""
    (tmp_path / "screens").mkdir(mode=0o700)
    (tmp_path / "screenrc").write_text("startup_message off\ndefscrollback 1000\n")
    machine = machine.with_variables(SCREENDIR=str(tmp_path / "screens"), PS1="shell>")
    terminal = machine.console(
        "-c", str(tmp_path / "screenrc"), "-U", "-S", "keys", "sh", program=("screen",)
    )
    try:
        terminal.wait_for("shell>")
        terminal.type(f"{KEYCONSOLE} open /oauth/{stock.integration.id}/api-keys\r")
        terminal.wait_for("reports-prod", "n generate")
        yield terminal
    finally:
        quitting = ["screen", "-S", "keys", "-X", "quit"]
        subprocess.run(quitting, env=machine.environ, capture_output=True, check=False)


def test_a_copy_arrives_and_nothing_is_left(
    inside: Terminal, tmp_path: Path, machine: Machine
) -> None:
    steps.create_key(inside, "cron-prod")
    secret = steps.show_value(inside)
    inside.press("c")
    inside.wait_for("Sent to your terminal's clipboard")
    assert sent_to_the_clipboard(inside.written) == [secret.encode()]

    inside.press("enter")
    steps.wait_for_row(inside, "cron-prod", "active")
    inside.press("ctrl+q")
    inside.wait_until(lambda: inside.screen.rstrip().endswith("shell>"))
    kept = tmp_path / "kept"
    inside.type(f"screen -X hardcopy -h {kept}; until [ -s {kept} ]; do :; done; echo do\\ne\r")
    inside.wait_for("done")
    left = [("the screen and its scrollback", kept.read_bytes())]
    assert b"shell>" in left[0][1]
    assert leaks.found_in(secret, iter(left)) == []
