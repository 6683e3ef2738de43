"""However the console ends, the terminal is given back, and nothing secret stays on it."""

import signal

import pytest
from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import ENTERED, LEFT, Terminal

ENDING = [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT]


@pytest.fixture
def console(machine: Machine, stock: Stock) -> Terminal:
    return on_the_keys(machine, stock)


def on_the_keys(machine: Machine, stock: Stock, **options: bool) -> Terminal:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys", **options)
    console.wait_for("reports-prod")
    return console


def assert_the_terminal_is_back(console: Terminal) -> None:
    assert console.written.count(ENTERED) == 1
    assert console.written.count(LEFT) == 1
    assert not console.is_alternate
    assert console.lines[0] == Terminal.PROMPT
    assert "Traceback" not in console.screen


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_it_and_a_value_that_was_shown_is_gone(
    number: signal.Signals, console: Terminal
) -> None:
    steps.create_key(console, "cron-prod")
    secret = steps.show_value(console)

    console.send(number)

    assert console.read_to_the_end() == 128 + number
    assert_the_terminal_is_back(console)
    assert steps.secret_on(console) is None
    assert secret.encode() not in console.written.partition(LEFT)[2]
    assert console.without_another_screen.split() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_value_that_nobody_took_is_named_after_a_signal(
    number: signal.Signals, console: Terminal
) -> None:
    steps.create_key(console, "cron-prod")

    console.send(number)

    assert console.read_to_the_end() == 128 + number
    assert "its value was not taken: revoke it" in " ".join(console.screen.split())


def test_an_interrupt_asks_once_for_a_value_that_nobody_took(console: Terminal) -> None:
    steps.create_key(console, "cron-prod")

    console.send(signal.SIGINT)
    console.wait_for("API Key Created", "Ctrl+C again ends")
    console.send(signal.SIGINT)

    assert console.read_to_the_end() == 128 + signal.SIGINT


def test_a_signal_before_the_first_frame_leaves_no_console_behind(
    machine: Machine, stock: Stock
) -> None:
    console = machine.console()
    console.wait_until(lambda: ENTERED in console.written)

    console.send(signal.SIGTERM)

    assert console.read_to_the_end() in (128 + signal.SIGTERM, -signal.SIGTERM)
    if console.process.returncode > 0:
        assert_the_terminal_is_back(console)


@pytest.mark.parametrize("controlling", [True, False], ids=["with SIGHUP", "without SIGHUP"])
def test_a_closed_window_ends_it(controlling: bool, machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock, controlling=controlling)
    steps.create_key(console, "cron-prod")

    console.hang_up()

    console.wait_for_the_end()


def test_ctrl_c_asks_and_does_not_end_it(console: Terminal) -> None:
    console.press("ctrl+c")

    console.wait_for("Press ^q to quit")
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0
    assert_the_terminal_is_back(console)
    assert console.screen.strip() == Terminal.PROMPT


def test_no_key_takes_a_value_that_nobody_has_yet(console: Terminal) -> None:
    steps.create_key(console, "cron-prod")

    for key in ("ctrl+c", "ctrl+q"):
        console.press(key)
        console.wait_for("was not copied, shown or saved")
    for key in ("escape", "enter"):
        console.press(key)
        console.wait_for("Leave without the value?", "keep it here")
        console.press("escape")
        console.wait_for("API Key Created", steps.MASKED)

    steps.show_value(console)


BLUR = "\x1b[O"


def test_ctrl_z_and_a_lost_focus_mask(console: Terminal) -> None:
    steps.create_key(console, "cron-prod")
    secret = steps.show_value(console)

    for cause in ("ctrl+z", BLUR):
        console.press(cause)
        console.wait_for(steps.MASKED)
        assert steps.secret_on(console) is None
        assert steps.show_value(console) == secret


def test_a_value_is_masked_when_it_comes_back_from_a_stop(console: Terminal) -> None:
    steps.create_key(console, "cron-prod")
    secret = steps.show_value(console)

    console.send(signal.SIGTSTP)
    console.wait_until_it_stops()
    assert not console.is_alternate
    assert console.without_another_screen.split() == []
    console.send(signal.SIGCONT)

    console.wait_for(steps.MASKED)
    assert console.is_alternate
    assert secret.encode() not in console.written.partition(LEFT)[2]


def test_a_stop_that_comes_unasked_masks_and_changes_nothing_else(
    machine: Machine, stock: Stock
) -> None:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys")
    modes = console.modes
    console.wait_for("reports-prod")
    steps.create_key(console, "cron-prod")
    for _ in range(3):
        secret = steps.show_value(console)
        console.send(signal.SIGSTOP)
        console.wait_until_it_stops()
        console.send(signal.SIGCONT)
        console.wait_for(steps.MASKED)

    assert steps.show_value(console) == secret
    console.press("enter")
    steps.wait_for_row(console, "cron-prod", "active")
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0
    assert console.modes == modes


@pytest.mark.parametrize("number", ENDING)
def test_a_terminal_that_takes_nothing_holds_no_signal_up(
    number: signal.Signals, console: Terminal
) -> None:
    steps.create_key(console, "cron-prod")
    steps.show_value(console)
    for _ in range(40):  # far more than a pty holds, and nobody reads it
        console.resize(110, 38)
        console.send(signal.SIGWINCH)
        console.resize(120, 40)
        console.type("v")

    console.send(number)

    assert console.wait_for_the_end() == 128 + number
    console.read_to_the_end()
    assert not console.is_alternate
    assert steps.secret_on(console) is None


def test_a_dead_terminal_ends_it(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock, controlling=False)
    console.hang_up()

    console.wait_for_the_end()
