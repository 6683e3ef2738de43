"""What a recording of a session holds, as docs/bastion.md says: with the recorder of util-linux."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import KEYCONSOLE, Terminal


def _records_typing() -> bool:
    try:
        told = subprocess.run(["script", "--help"], capture_output=True, check=False)
    except OSError:
        return False
    return b"--log-in" in told.stdout


pytestmark = pytest.mark.skipif(
    not _records_typing(), reason="there is no `script` here that records what is typed"
)


@dataclass
class Recorded:
    """A console in a session that is recorded: what goes to the terminal, and what is typed."""

    console: Terminal
    shown: Path
    typed: Path

    def end(self) -> None:
        """Leave, so that the recordings are whole."""
        self.console.press("ctrl+q")
        assert self.console.read_to_the_end() == 0

    def has(self, secret: str) -> set[str]:
        """How the secret is spelled in either."""
        files = iter([("shown", self.shown.read_bytes()), ("typed", self.typed.read_bytes())])
        return set(leaks.found_in(secret, files))


@pytest.fixture
def recorded(machine: Machine, stock: Stock, tmp_path: Path) -> Recorded:
    shown, typed = tmp_path / "shown", tmp_path / "typed"
    console = machine.with_variables(SHELL="/bin/sh").console(
        "--quiet",
        "--return",
        "--flush",
        "--log-out",
        str(shown),
        "--log-in",
        str(typed),
        "--command",
        f"{KEYCONSOLE} open /oauth/{stock.integration.id}/api-keys",
        program=("script",),
    )
    console.wait_for("reports-prod", "n generate")
    return Recorded(console, shown, typed)


def save(console: Terminal, home: Path) -> str:
    """Save the value and read it from the file, where no recorder is."""
    console.press("s")
    console.wait_for("Save the value to a file")
    console.press("enter")
    console.wait_for("Saved to ~/cron-prod.key")
    return (home / "cron-prod.key").read_text().strip()


def test_a_value_that_is_saved_is_in_no_recording(recorded: Recorded, machine: Machine) -> None:
    steps.create_key(recorded.console, "cron-prod")
    secret = save(recorded.console, machine.home)
    recorded.console.press("enter")
    steps.wait_for_row(recorded.console, "cron-prod", "active")
    recorded.end()

    assert recorded.has(secret) == set()
    assert b"cron-prod.key" in recorded.shown.read_bytes()


def test_a_value_that_is_shown_is_in_full_in_it(recorded: Recorded) -> None:
    steps.create_key(recorded.console, "cron-prod")
    secret = steps.show_value(recorded.console)
    recorded.console.press("enter")
    steps.wait_for_row(recorded.console, "cron-prod", "active")
    recorded.end()

    assert recorded.has(secret) == {"secret in shown", "its last part in shown"}


def test_a_value_that_is_copied_is_in_base64_in_it(recorded: Recorded, machine: Machine) -> None:
    steps.create_key(recorded.console, "cron-prod")
    secret = save(recorded.console, machine.home)
    recorded.console.press("c")
    recorded.console.wait_for("Sent to your terminal's clipboard")
    recorded.console.press("enter")
    steps.wait_for_row(recorded.console, "cron-prod", "active")
    recorded.end()

    assert "secret in base64 in shown" in recorded.has(secret)
    assert all("in base64 in shown" in each for each in recorded.has(secret))


def test_what_is_pasted_to_be_identified_is_in_what_was_typed_only(
    recorded: Recorded, stock: Stock
) -> None:
    secret = stock.keys["reports-prod"].secret.get_secret_value()
    recorded.console.press("i")
    recorded.console.wait_for("Which key is this?")
    recorded.console.type(f"\x1b[200~found in #ops: {secret}\x1b[201~")
    recorded.console.wait_for("● live", "the value is right")
    recorded.console.press("escape")
    recorded.console.wait_for("n generate")
    recorded.end()

    assert recorded.has(secret) == {"secret in typed", "its last part in typed"}
