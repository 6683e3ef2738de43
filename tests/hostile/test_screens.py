"""2,000 hostile names on every screen and in every table, on a pty: nothing of them gets through.

The suite takes every name through the lists and tables and some through each dialog;
`pytest tests/hostile --full` takes all of them through everything.
"""

import sys
from functools import partial

import pytest
from tests.hostile import traces
from tests.hostile.conftest import (
    LARGE,
    NAMES,
    NUMBER,
    UNGUARDED,
    numbers_on,
    open_keys,
)
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import LEFT, Terminal

from keyconsole.core.safetext import is_marked

SOME = 4
WIDE = (300, 24)


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
    last = 0
    while last + 1 < len(NAMES):
        shown = numbers_on(console)
        seen |= shown
        for line in rows_of(console):
            if (number := NUMBER.search(line)) and is_marked(line):
                assert f"!{number.group()}" in line, line
                assert NAMES[int(number[1])]
        if (last := max(shown)) + 1 < len(NAMES):
            turn_the_page(console, last)

    assert len(seen) == len(NAMES)
    leave(console)
    assert traces.of_names(console.written) == []


def turn_the_page(console: Terminal, last: int) -> None:
    """Go on below the row that is the last on the screen and has the cursor.

    Where it is also the last that was fetched, the cursor stays there until more have come: it goes
    up a row before each try, so that each one is seen to end.
    """
    while not has_moved_on(console, last):
        console.press("up")
        console.wait_until(lambda: not has_the_cursor(console, f"h{last:04d}-"))
        console.press("pagedown")
        console.wait_until(
            lambda: has_moved_on(console, last) or has_the_cursor(console, f"h{last:04d}-")
        )


def rows_of(console: Terminal) -> list[str]:
    """All lines but the crumbs, which name the integration."""
    return [line for line in console.lines if not line.lstrip().startswith("OAuth")]


def has_the_cursor(console: Terminal, name: str) -> bool:
    return any(line.lstrip().startswith((f"▌!{name}", f"▌ {name}")) for line in console.lines)


DIALOGS = {
    "x": "Revoke this key?",
    "e": "Rename this key",
    "d": "Disable this key?",
    "E": "When does it expire?",
    "t": "Both keys work",
    "enter": "Allowed from",
}
CHUNK = 100


@pytest.mark.parametrize("first", range(0, len(NAMES), CHUNK))
def test_every_dialog_and_page_shows_what_it_is_about(
    first: int, poisoned: Machine, stock: Stock, is_full: bool
) -> None:
    if first and not is_full:
        pytest.skip("--full takes every name through every dialog")
    console = open_keys(poisoned, stock, size=(120, 40))
    console.press("/")
    # The hundred that begin so: a list is fetched by the page, and arrows wait for no page.
    console.type(f"h{first // CHUNK:02d}\r")
    console.wait_until(partial(has_the_cursor, console, f"h{first:04d}-"))
    for number in range(first, first + (CHUNK if is_full else SOME)):
        name = f"h{number:04d}-"
        console.wait_until(partial(has_the_cursor, console, name), name)
        for keys, title in DIALOGS.items():
            console.press(keys)
            console.wait_for(title if number or keys != "t" else "OLD", name)
            console.press("escape")
            console.wait_for("/ filter", name)
        console.press("y")
        console.wait_for("Public key: sent", name)
        console.press("down")

    leave(console)
    assert traces.of_names(console.written) == []


COMMANDS = (
    ("keys", "list"),
    ("keys", "refusals"),
    ("keys", "rotations"),
    ("integrations", "list"),
    ("audit", "list"),
    ("members", "list"),
    ("tokens", "list"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_table_of_the_command_line(
    command: tuple[str, ...], poisoned: Machine, stock: Stock
) -> None:
    table = poisoned.console(*command, size=WIDE)

    assert table.read_to_the_end() == 0, table.screen
    assert traces.of_names(table.written) == []
    if command == ("keys", "list"):
        assert len(set(NUMBER.findall(table.text_written.decode()))) == len(NAMES)


def test_a_failure_that_quotes_a_name_is_a_sentence_like_any_other(
    poisoned: Machine, stock: Stock, is_full: bool
) -> None:
    for name in NAMES[: 12 if is_full else SOME]:
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
