"""Tables fit where a person reads them, and are plain where a program does."""

import os
import pty
import struct
import subprocess
import termios
from fcntl import ioctl
from pathlib import Path

import pytest
from tests.cli.conftest import Known
from tests.cli.support import COMMAND, environment

from keyconsole.cli import table


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
    ],
)
def test_a_cell_is_cut_by_what_it_takes_on_screen(text: str, width: int, shown: str) -> None:
    assert table.cut(text, width) == shown
    assert table.columns_of(shown) <= width


def test_columns_stand_under_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    table.write_rows([("日本", "a"), ("abcdef", "b"), ("\x1b[6n", "c")])

    lines = capsys.readouterr().out.splitlines()
    assert len({table.columns_of(line[: line.rindex(" ")]) for line in lines}) == 1
    assert "\x1b" not in "".join(lines)


def test_the_widest_column_gives_first(capsys: pytest.CaptureFixture[str]) -> None:
    table.write_rows([("kcp_7k2m4q9x0a1b2c3d", "a" * 60, "active")], width=60)

    (line,) = capsys.readouterr().out.splitlines()
    assert len(line) == 60
    assert line.startswith("kcp_7k2m4q9x0a1b2c3d  aaa")
    assert line.endswith("…  active")


def on_a_terminal(home: Path, columns: int, *arguments: str, **variables: str) -> list[str]:
    controller, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(home, **variables),
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
    )
    os.close(terminal)
    written = b""
    try:
        while chunk := os.read(controller, 65536):
            written += chunk
    except OSError:  # EIO: the other end is closed
        pass
    os.close(controller)
    process.communicate(timeout=30)
    return written.decode().splitlines()


@pytest.mark.parametrize("columns", [120, 80, 60])
def test_a_list_fits_the_terminal(
    columns: int, standing: str, known: Known, tmp_path: Path
) -> None:
    variables = {"KEYCONSOLE_URL": standing, "KEYCONSOLE_TOKEN": known.admin}

    lines = on_a_terminal(tmp_path, columns, "keys", "list", **variables)

    assert max(map(len, lines)) <= columns
    assert any(known.public_key in line and "api-gateway-prod" in line for line in lines)
    assert ("CREATED" in lines[0]) is (columns == 120)
    assert "\x1b" not in "".join(lines)


def test_a_secret_on_a_terminal_ends_its_line(served: str, known: Known, tmp_path: Path) -> None:
    variables = {"KEYCONSOLE_URL": served, "KEYCONSOLE_TOKEN": known.admin}
    create = ("keys", "create", known.integration, "--label", "x")

    (line,) = on_a_terminal(tmp_path, 80, *create, **variables)

    assert line.startswith("kcs_")
