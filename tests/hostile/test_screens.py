"""2,000 hostile names on every screen and in every table, on a pty: nothing of them gets through.

The suite takes every name through the lists and tables and some through each dialog;
`pytest tests/hostile --full` takes all of them through everything.
"""

import re
import sys
from functools import partial

import pytest
from tests.hostile import traces
from tests.hostile.conftest import NAMES, UNGUARDED
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import LEFT, Terminal

from keyconsole.safetext import is_marked

SOME = 4
LARGE = (300, 100)
_NUMBER = re.compile(r"h(\d{4})-")


def numbers_on(console: Terminal) -> set[int]:
    return {int(number) for number in _NUMBER.findall(console.screen)}


def open_keys(machine: Machine, stock: Stock, **options: object) -> Terminal:
    console = machine.console(
        "open", f"/oauth/{stock.integration.id}/api-keys", size=LARGE, **options
    )
    console.wait_for("kcp_")
    console.wait_until(lambda: numbers_on(console), "a hostile name")
    return console


def has_moved_on(console: Terminal, last: int) -> bool:
    return max(numbers_on(console), default=0) > last


def leave(console: Terminal) -> None:
    """It still runs, and ends when it is told to and not before."""
    assert LEFT not in console.written
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0


def test_every_name_scrolls_by_and_its_row_wears_a_badge(poisoned: Machine, stock: Stock) -> None:
    console = open_keys(poisoned, stock)
    seen: set[int] = numbers_on(console)
    console.press("pagedown")  # to the foot of the screen; from there each one turns a page
    while len(seen) < len(NAMES):
        shown = numbers_on(console)
        seen |= shown
        for line in console.lines:
            if (number := _NUMBER.search(line)) and is_marked(line):
                assert f"!{number.group()}" in line, line
                assert NAMES[int(number[1])]
        console.press("pagedown")
        last = max(shown)
        if last + 1 < len(NAMES):
            console.wait_until(partial(has_moved_on, console, last))
        elif len(seen) == len(NAMES):
            break

    leave(console)
    assert traces.of_names(console.written) == []


def test_every_dialog_and_page_shows_what_it_is_about(
    poisoned: Machine, stock: Stock, is_full: bool
) -> None:
    console = open_keys(poisoned, stock)
    for number in range(len(NAMES) if is_full else SOME):
        name = f"h{number:04d}-"
        console.press("/")
        console.type("\x15" + name)
        console.press("enter")
        console.wait_until(lambda: numbers_on(console) == {number}, name)  # noqa: B023
        console.press("x")
        console.wait_for("Revoke this key?", name)
        console.press("escape")
        console.wait_for("/ filter", name)
        console.press("e")
        console.wait_for("Rename", name)
        console.press("escape")
        console.wait_for("/ filter", name)
        console.press("y")
        console.wait_for("public key", name)
        console.press("enter")
        console.wait_for("Allowed from", name)
        console.press("escape")
        console.wait_for("/ filter", name)
        console.press("/")
        console.wait_for("clear it")
        console.press("escape")
        console.wait_until(lambda: len(numbers_on(console)) > 1)

    leave(console)
    assert traces.of_names(console.written) == []


def test_the_other_rooms_show_them_too(poisoned: Machine, stock: Stock) -> None:
    console = open_keys(poisoned, stock)
    for keys, words in {
        "1": "Redirect URI",
        "3": "generated a key",
        "2": "Public key",
        "?": "Help",
        "\x1b": "Public key",
        ":": "Go to",
    }.items():
        console.press(keys)
        console.wait_for(words)
    console.type(NAMES[7][:6])
    console.wait_for(NAMES[7][:6])
    console.press("escape")
    console.wait_for("Public key")
    console.press("i")
    console.wait_for("Which key is this")
    console.paste("".join(NAMES[:200]))
    console.read_for(0.5)

    console.press("ctrl+q")
    console.read_to_the_end()
    assert traces.of_names(console.written) == []


COMMANDS = (("keys", "list"), ("integrations", "list"), ("audit", "list"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_table_of_the_command_line(
    command: tuple[str, ...], poisoned: Machine, stock: Stock
) -> None:
    table = poisoned.console(*command, size=LARGE)

    assert table.read_to_the_end() == 0, table.screen
    assert traces.of_names(table.written) == []
    if command[0] == "keys":
        assert len(set(_NUMBER.findall(table.text_written.decode()))) == len(NAMES)


def test_a_failure_that_quotes_a_name_is_a_sentence_like_any_other(
    poisoned: Machine, stock: Stock
) -> None:
    for name in NAMES[:40]:
        if "\x00" in name:
            continue
        done = poisoned.run("keys", "show", name)
        assert done.returncode in {2, 4, 5}, ascii(name)
        assert traces.of_names(done.stderr.encode("utf-8", "surrogateescape")) == []


@pytest.mark.parametrize("command", [("keys", "list"), None], ids=["table", "console"])
def test_with_the_guard_off_the_same_search_finds_them(
    command: tuple[str, ...] | None, poisoned: Machine, stock: Stock
) -> None:
    program = (sys.executable, str(UNGUARDED))
    if command is not None:
        bare = poisoned.console(*command, size=LARGE, program=program)
        bare.read_to_the_end()
    else:
        route = f"/oauth/{stock.integration.id}/api-keys"
        bare = poisoned.console("open", route, size=LARGE, program=program)
        bare.read_until_written(b"h0001-")
        bare.read_for(1)

    assert len(traces.of_names(bare.written)) > 10
