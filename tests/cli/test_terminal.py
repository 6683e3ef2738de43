"""The console starts on a terminal that can show it, or not at all."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.support import keyconsole, keyconsole_on_a_terminal

from keyconsole.cli.terminal import drop_textual_variables


@pytest.mark.parametrize("arguments", [[], ["open", "/oauth"], ["--read-only"]])
def test_without_a_terminal_there_is_no_console(arguments: list[str], tmp_path: Path) -> None:
    done = keyconsole(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "keyconsole: The console needs a terminal, and standard input is none. "
        "Commands that do not: keyconsole --help.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_move_its_cursor_gets_a_sentence(term: str, tmp_path: Path) -> None:
    code, written = keyconsole_on_a_terminal(tmp_path, TERM=term)

    assert code == 2
    assert written.startswith("keyconsole: The console needs a terminal that can move its cursor")
    assert "\x1b" not in written


def test_a_closed_standard_input_is_no_terminal(tmp_path: Path) -> None:
    script = 'exec "$0" -m keyconsole <&-'
    import sys

    done = subprocess.run(
        ["sh", "-c", script, sys.executable], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "standard input is none" in done.stderr


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({"KEYCONSOLE_URL": "https://keys.example.com"}, 3, "You are not signed in"),
        ({"KEYCONSOLE_TOKEN": "x"}, 1, "KEYCONSOLE_URL is not"),
        ({"KEYCONSOLE_URL": "http://keys.example.com", "KEYCONSOLE_TOKEN": "x"}, 1, "use https"),
        (
            {"KEYCONSOLE_URL": "https://keys.example.com", "KEYCONSOLE_TOKEN": "x"},
            1,
            "not an operator token",
        ),
    ],
)
def test_a_service_that_cannot_be_meant_is_told_before_anything_is_drawn(
    variables: dict[str, Any], code: int, words: str, tmp_path: Path
) -> None:
    ended, written = keyconsole_on_a_terminal(tmp_path, **variables)

    assert ended == code
    assert words in written
    assert "\x1b" not in written


def test_the_variables_that_write_keys_to_files_are_dropped() -> None:
    environ = {"TEXTUAL_DEBUG": "1", "TEXTUAL": "devtools", "TERM": "xterm"}

    drop_textual_variables(environ)

    assert environ == {"TERM": "xterm"}
