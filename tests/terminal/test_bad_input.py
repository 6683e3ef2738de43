"""Terminals, locales and pastes as nobody would wish them."""

import re

import pytest
from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import Terminal

from keyconsole.console.terminal.ascii_glyphs import TWINS


def open_form(machine: Machine, stock: Stock, **options: bool) -> Terminal:
    console = machine.console(
        "open", f"/api-keys/create?integration={stock.integration.id}", **options
    )
    console.wait_for("Create API Key", "Save & Generate Key")
    return console


GARBAGE = (
    "\x1b[?1;2c\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP>|xgRR(1)\x1b\\",
    "\x1b[?9999;9999;9999$yxx",
    "\x1b]52;c;ISEh\x07",
    "\x1b_Gi=1;EINVAL\x1b\\\x1b[>0;276;0c",
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=ascii)
def test_a_terminal_that_answers_with_garbage_presses_nothing(
    garbage: str, machine: Machine, stock: Stock
) -> None:
    console = open_form(machine, stock)
    console.type("before")
    console.wait_for("before")
    console.type(garbage.removesuffix("xx"))
    console.type("-after")

    console.wait_for("before-after")


def test_bytes_that_are_no_text_end_nothing(machine: Machine, stock: Stock) -> None:
    console = open_form(machine, stock)
    console.type_bytes(b"\xe9t\xe9\xff\xfe\xc3(\x80")
    console.type("-after")

    console.wait_for("-after")
    console.press("ctrl+u", "ctrl+q")
    assert console.read_to_the_end() == 0


def test_a_terminal_that_never_answers_gets_its_arrows_in_pieces(
    machine: Machine, stock: Stock
) -> None:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys", answers=False)
    console.wait_for("reports-prod", "n generate")
    for piece in "\x1b[B":
        console.type(piece)
        console.read_for(0.3)

    console.wait_until(lambda: steps.is_under_the_cursor(console, "cron-worker-staging"))


def test_a_mebibyte_pasted_into_a_name_is_a_name_that_is_too_long(
    machine: Machine, stock: Stock
) -> None:
    console = open_form(machine, stock)
    console.paste("x" * (1 << 20))

    console.wait_for("1,048,576 characters were pasted; nothing was taken over")
    console.press("ctrl+u")
    console.type("short-prod")
    console.wait_for("short-prod")


def test_a_paste_with_codes_and_lines_is_neither_obeyed_nor_sent(
    machine: Machine, stock: Stock
) -> None:
    console = open_form(machine, stock)
    console.paste("a\x1b]52;c;eA==\x07b\x1b[201\r\x13\nq\nx")

    console.wait_for("API Key Name")
    console.read_for(0.5)
    assert "Save & Generate Key" in console.screen
    assert b"\x1b]52" not in console.written
    with machine.database() as database:
        assert database.execute("SELECT count(*) FROM api_keys").fetchone() == (len(stock.keys),)


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_without_utf8_every_byte_is_ascii(locale: str, machine: Machine, stock: Stock) -> None:
    machine = machine.with_variables(LANG=locale)
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys")
    console.wait_for("reports-prod", "o unconfirmed")
    console.press("x")
    console.wait_for("Revoke this key?")
    console.press("escape")
    console.wait_for("n generate")
    console.press("ctrl+q")

    assert console.read_to_the_end() == 0
    assert console.written.isascii()
    assert TWINS


_MANY = rb"\x1b\[(?:[0-9;]*;)?[34]8;%s;[0-9;]*m"
_ANY = rb"\x1b\[(?:[0-9;]*;)?(?:[34][0-7]|9[0-7])(?:;[0-9;]*)?m"
COLOURS: dict[str, tuple[dict[str, str], bytes, bool]] = {
    "truecolor": ({"COLORTERM": "truecolor"}, _MANY % b"2", True),
    "256": ({"TERM": "xterm-256color"}, _MANY % b"5", True),
    "16": ({"TERM": "xterm"}, _MANY % b"[25]", False),
    "16, some": ({"TERM": "xterm"}, _ANY, True),
    "none": ({"NO_COLOR": "1"}, _ANY, False),
    "none, many": ({"NO_COLOR": "1"}, _MANY % b"[25]", False),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_colours_are_those_that_the_terminal_has(kind: str, machine: Machine, stock: Stock) -> None:
    variables, code, is_there = COLOURS[kind]
    console = machine.with_variables(**variables).console(
        "open", f"/oauth/{stock.integration.id}/api-keys"
    )
    console.wait_for("reports-prod", "◌ unconfirmed")
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0

    assert (re.search(code, console.written) is not None) is is_there


@pytest.mark.parametrize("theme", ["keyconsole-light", "keyconsole-ansi"])
def test_a_theme_is_worn_by_variable(theme: str, machine: Machine, stock: Stock) -> None:
    machine = machine.with_variables(KEYCONSOLE_THEME=theme, COLORTERM="truecolor")
    console = machine.console()
    console.wait_for("Salesforce Production")

    assert (b"48;2;250;248;243" in console.written) is (theme == "keyconsole-light")
    assert (b"38;2;" in console.written) is (theme == "keyconsole-light")


def test_a_theme_that_there_is_not_is_a_warning_and_the_default(
    machine: Machine, stock: Stock
) -> None:
    console = machine.with_variables(KEYCONSOLE_THEME="neon", COLORTERM="truecolor").console()
    console.wait_for("Salesforce Production")
    console.press("q")
    console.read_to_the_end()

    assert "warning: KEYCONSOLE_THEME names no theme that there is" in console.screen
    assert b"48;2;15;19;26" in console.written
