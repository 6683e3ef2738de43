"""Two people on the same data: each sees by itself what the other does."""

from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock


def test_what_one_does_the_other_sees(machine: Machine, stock: Stock) -> None:
    route = f"/oauth/{stock.integration.id}/api-keys"
    one, other = machine.console("open", route), machine.console("open", route)
    for console in (one, other):
        console.wait_for("reports-prod")

    steps.create_key(one, "made-elsewhere")
    secret = steps.show_value(one)
    one.press("enter")
    steps.wait_for_row(one, "made-elsewhere", "active")
    steps.wait_for_row(other, "made-elsewhere", "active")
    assert secret.encode() not in other.written

    one.press("x")
    one.wait_for("Revoke this key?", steps.TAKES_R)
    one.press("R")
    one.wait_for("Revoked.", "made-elsewhere")
    steps.wait_for_row(other, "made-elsewhere", "revoked")


def test_a_key_revoked_elsewhere_is_revoked_once(machine: Machine, stock: Stock) -> None:
    key = stock.keys["api-gateway-prod"].key
    one, other = (machine.console("open", f"/api-keys/{key.public_key}") for _ in range(2))
    for console in (one, other):
        console.wait_for("api-gateway-prod", "x revoke")
        console.press("x")
        console.wait_for("Revoke this key?", steps.TAKES_R)

    for console in (one, other):
        console.press("R")
        console.wait_for("Revoked.", key.public_key, "event ")
    other.wait_for("revoked before; this is the same receipt again")

    assert one.line_with(" UTC") == other.line_with(" UTC")
    with machine.database() as database:
        events = database.execute(
            "SELECT count(*) FROM audit_events WHERE action = 'key.revoked'"
        ).fetchone()
    assert events == (1,)
