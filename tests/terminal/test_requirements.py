"""What the console needs of a terminal, and what it does where that is not there."""

import pytest
from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import ENTERED


def test_pipes_are_no_terminal(machine: Machine) -> None:
    done = machine.run()

    assert (done.returncode, done.stdout) == (2, "")
    assert "The console needs a terminal" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(machine.data_dir.iterdir()) == []


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_without_a_cursor_gets_a_sentence(term: str, machine: Machine) -> None:
    console = machine.with_variables(TERM=term).console()

    assert console.read_to_the_end() == 2
    assert "The console needs a terminal that can move its cursor" in console.screen
    assert b"\x1b" not in console.written


def test_what_is_too_small_takes_no_keys_and_keeps_what_was_typed(
    machine: Machine, stock: Stock
) -> None:
    console = machine.console("open", f"/api-keys/create?integration={stock.integration.id}")
    console.wait_for("Create API Key", "Save & Generate Key")
    console.type("typed-before")
    console.wait_for("typed-before")

    console.resize(30, 8)
    console.wait_for("needs 60×16", "30×8")
    console.type("XYZ")
    console.press("ctrl+s", "escape", "ctrl+q")
    console.paste("pasted")
    console.resize_after_what_was_typed(120, 40)

    console.wait_for("Create API Key", "typed-before", "Save & Generate Key")
    console.type("-after")
    console.wait_for("typed-before-after")
    with machine.database() as database:
        assert database.execute("SELECT count(*) FROM api_keys").fetchone() == (len(stock.keys),)


def test_a_value_survives_a_window_that_is_too_small_for_it(machine: Machine, stock: Stock) -> None:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys")
    console.wait_for("reports-prod")
    steps.create_key(console, "cron-prod")
    secret = steps.show_value(console)

    console.resize(30, 8)
    console.wait_for("needs 60×16")
    assert steps.secret_on(console) is None
    console.resize(120, 40)

    console.wait_until(lambda: steps.secret_on(console) == secret, "the value")


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
def test_the_whole_job_fits_the_window(
    size: tuple[int, int], machine: Machine, stock: Stock
) -> None:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys", size=size)
    console.wait_for("reports-prod")

    steps.create_key(console, "cron-prod")
    console.press("escape")
    console.wait_for("Leave without the value?")
    console.press("escape")
    console.wait_for(steps.MASKED)
    console.press("x")
    console.wait_for("Revoke this key?", "cron-prod")
    console.press("escape")
    console.wait_for("API Key Created")


def test_a_console_that_starts_too_small_comes_up_when_it_grows(machine: Machine) -> None:
    console = machine.console(size=(30, 8))
    console.wait_for("needs 60×16", "30×8")
    console.press("q")

    console.resize_after_what_was_typed(100, 30)

    console.wait_for("No integrations yet")
    assert console.written.count(ENTERED) == 1
