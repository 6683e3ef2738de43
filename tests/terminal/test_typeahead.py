"""Keys that come faster than screens: what is meant happens, what would hurt does not."""

from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import Terminal

from keyconsole.core.credential import parse


def on_the_keys(machine: Machine, stock: Stock) -> Terminal:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys")
    console.wait_for("reports-prod")
    return console


def revoked(machine: Machine) -> int:
    with machine.database() as database:
        (count,) = database.execute(
            "SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL"
        ).fetchone()
    return int(count)


def test_a_burst_revokes_nothing(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)

    console.type("x\rRR\r\rR")
    console.wait_until(
        lambda: steps.TAKES_R in console.screen or steps.TAKES_ENTER in console.screen,
        "a question that takes an answer",
    )
    console.press("escape")
    console.wait_for("reports-prod", "n generate")
    console.press("ctrl+q")
    console.read_to_the_end()

    assert b"Revoking" not in console.text_written
    assert revoked(machine) == 0


def test_a_burst_with_the_label_revokes_nothing_either(machine: Machine, stock: Stock) -> None:
    with machine.database() as database, database:
        database.execute("UPDATE api_keys SET last_used_at = 4102444800000")  # in use
    console = on_the_keys(machine, stock)

    console.type("xapi-gateway-prod\r\r")
    console.wait_for("Revoke this key?", "Confirm")
    console.press("escape")
    console.wait_for("reports-prod", "n generate")
    console.press("ctrl+q")
    console.read_to_the_end()

    assert b"Revoking" not in console.text_written
    assert revoked(machine) == 0


def test_a_pasted_label_confirms_nothing(machine: Machine, stock: Stock) -> None:
    with machine.database() as database, database:
        database.execute("UPDATE api_keys SET last_used_at = 4102444800000")
    console = on_the_keys(machine, stock)
    console.press("x")
    console.wait_for("Revoke this key?", "Confirm", steps.TAKES_ENTER)

    console.paste("api-gateway-prod\r")

    console.wait_for("a paste does not confirm")
    console.press("enter")
    console.wait_for("Type its name, or")
    assert revoked(machine) == 0


def test_a_burst_makes_the_key_that_it_names(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)

    console.type("nbilling-prod\r\x13")

    console.wait_for("API Key Created", "billing-prod", steps.MASKED)
    assert parse(steps.show_value(console)).public_key in console.screen


def test_a_burst_into_a_form_loses_no_letter(machine: Machine) -> None:
    console = machine.console()
    console.wait_for("No integrations yet")

    console.type("nSalesforce Production\tsalesforce\tproduction\t3MVG9\t")
    console.type("https://app.acme.example/cb\tapi refresh_token\x13")

    console.wait_for("API Keys", "Salesforce Production", "n generates the first")


def test_saving_twice_in_a_burst_makes_one_key(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)

    console.type("nbilling-prod\x13\x13\x13")

    console.wait_for("API Key Created", "billing-prod")
    with machine.database() as database:
        keys = database.execute("SELECT count(*) FROM api_keys").fetchone()
    assert keys == (len(stock.keys) + 1,)
