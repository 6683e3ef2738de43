"""From elsewhere, over SSH: the whole job, a slow line, one that breaks, a window that closes."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from tests.terminal import steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.line import SshTerminal
from tests.terminal.terminal import ENTERED, LEFT

from keyconsole.core import credentialtext

SLOW = 0.15
"""Seconds each way: a round trip of 300 ms."""


def on_the_keys(machine: Machine, stock: Stock, **options: float) -> SshTerminal:
    console = machine.ssh("open", f"/oauth/{stock.integration.id}/api-keys", **options)
    console.wait_for("reports-prod")
    return console


def test_the_whole_job(machine: Machine) -> None:
    service = machine.service()
    console = machine.ssh()
    console.wait_for("No integrations yet")

    steps.add_integration(console)
    console.wait_for("No API keys yet")
    steps.create_key(console, "api-gateway-prod")
    secret = steps.show_value(console)
    assert steps.present(service.url, secret).status == 200
    console.press("enter")
    steps.wait_for_row(console, "api-gateway-prod", "active")
    assert secret.encode() not in console.written.rpartition(secret.encode())[2]

    console.press("x")
    console.wait_for("Revoke this key?", "IN USE NOW", steps.TAKES_ENTER)
    console.type("api-gateway-prod")
    console.press("enter")
    steps.lock_out(console)
    console.wait_for("Revoked.", "event ")
    assert steps.present(service.url, secret) == (401, "key-revoked", None)
    console.press("ctrl+q")
    console.wait_until(lambda: LEFT in console.written)
    assert console.exit_status == 0
    assert not console.is_alternate


def test_a_copy_is_sent_to_the_near_end_and_not_called_copied(
    machine: Machine, stock: Stock
) -> None:
    console = on_the_keys(machine, stock)
    steps.create_key(console, "cron-prod")
    console.press("c")

    console.wait_for("Sent to your terminal's clipboard: paste to check")
    assert console.written.count(b"\x1b]52;c;") == 1


def test_moving_and_typing_wait_for_the_line_once_and_for_no_request(
    machine: Machine, stock: Stock
) -> None:
    """A burst of keys takes about as long as two of them, not ten times as long."""
    console = on_the_keys(machine, stock, delay=SLOW)
    console.press("n")
    console.wait_for("Save & Generate Key")
    took = []
    for typed, shown in (
        ("zz", "zz"),
        ("api-gateway-prod-eu-west-1", "zzapi-gateway-prod-eu-west-1"),
    ):
        started = time.monotonic()
        console.type(typed)
        console.wait_for(shown)
        took.append(time.monotonic() - started)

    assert took[1] < 10 * took[0]


ARROWS = {"down": "\x1b[B", "up": "\x1b[A"}


def test_arrows_in_pieces_move_and_nothing_is_typed(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)
    order = [line for line in console.lines if "kcp_" in line]
    labels = [line.split()[0].lstrip("▌") or line.split()[1] for line in order]
    for name, label in (("down", labels[1]), ("down", labels[2]), ("up", labels[1])):
        for piece in ARROWS[name]:
            console.type(piece)
            console.read_for(0.3)
        console.wait_until(partial(steps.is_under_the_cursor, console, label), label)
    assert "API Keys" in console.screen


def test_escape_alone_still_leaves(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)
    console.press("n")
    console.wait_for("Save & Generate Key")
    console.press("escape")

    console.wait_for("reports-prod", "n generate")


def test_typed_ahead_keys_confirm_nothing_over_a_slow_line(machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock, delay=SLOW)
    console.type("x\rRR\r\rR")
    console.wait_until(
        lambda: steps.TAKES_R in console.screen or steps.TAKES_ENTER in console.screen
    )
    with machine.database() as database:
        assert database.execute(
            "SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL"
        ).fetchone() == (0,)


# The dead man's cases


def when_it_has_ended(console: SshTerminal) -> int:
    return console.process.wait(10)


def test_the_line_cut_at_create_leaves_a_key_that_is_listed_as_unconfirmed(
    machine: Machine, stock: Stock
) -> None:
    console = on_the_keys(machine, stock)
    console.press("n")
    console.wait_for("Save & Generate Key")
    console.type("cron-prod\x13")
    console.read_until_written(b"API Key Created")
    console.cut()
    when_it_has_ended(console)

    after = on_the_keys(machine, stock)
    steps.wait_for_row(after, "cron-prod", "unconfirmed")


def test_the_line_cut_before_the_create_is_sent_makes_nothing(
    machine: Machine, stock: Stock
) -> None:
    console = on_the_keys(machine, stock)
    console.press("n")
    console.wait_for("Save & Generate Key")
    console.type("cron-prod")
    console.wait_for("cron-prod")
    console.cut()
    when_it_has_ended(console)

    after = on_the_keys(machine, stock)
    assert not steps.is_on_the_list(after, "cron-prod")


def test_the_line_cut_at_reveal_leaves_the_key_to_be_revoked(
    machine: Machine, stock: Stock
) -> None:
    console = on_the_keys(machine, stock)
    steps.create_key(console, "cron-prod")
    secret = steps.show_value(console)
    console.cut()
    when_it_has_ended(console)

    after = on_the_keys(machine, stock)
    steps.wait_for_row(after, "cron-prod", "unconfirmed")
    assert secret.encode() not in after.written


def test_the_line_cut_at_revoke_shows_the_next_session_what_became_of_it(
    machine: Machine, stock: Stock
) -> None:
    console = on_the_keys(machine, stock)
    console.press("x")
    console.wait_for("Revoke this key?", steps.TAKES_R)
    console.press("R")
    console.cut()
    when_it_has_ended(console)

    with machine.database() as database:
        (revoked,) = database.execute(
            "SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL"
        ).fetchone()
    after = on_the_keys(machine, stock)
    steps.wait_for_row(after, "api-gateway-prod", "revoked" if revoked else "unconfirmed")


@pytest.mark.parametrize("where", ["on the list", "in a dialog", "with a value shown"])
def test_a_closed_window_ends_the_console(where: str, machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)
    if where == "in a dialog":
        console.press("x")
        console.wait_for("Revoke this key?")
    elif where == "with a value shown":
        steps.create_key(console, "cron-prod")
        steps.show_value(console)

    console.cut()

    when_it_has_ended(console)


SIZES = [(60, 16), (300, 100), (80, 24), (20, 5), (120, 40), (61, 17), (300, 16), (60, 100)]


@pytest.mark.parametrize("where", ["on the list", "in the form", "in a dialog", "on the value"])
def test_a_storm_of_sizes_hurts_nothing(where: str, machine: Machine, stock: Stock) -> None:
    console = on_the_keys(machine, stock)
    if where == "in the form":
        console.press("n")
        console.wait_for("Save & Generate Key")
        console.type("typed-before")
        console.wait_for("typed-before")
    elif where == "in a dialog":
        console.press("x")
        console.wait_for("Revoke this key?")
    elif where == "on the value":
        steps.create_key(console, "cron-prod")
        secret = steps.show_value(console)
    for size in SIZES * 8:
        console.resize(*size)
    console.resize(120, 40)

    waits = {
        "on the list": lambda: steps.is_on_the_list(console, "reports-prod"),
        "in the form": lambda: "typed-before" in console.screen,
        "in a dialog": lambda: "Revoke this key?" in console.screen,
        "on the value": lambda: steps.secret_on(console) == secret,
    }
    console.wait_until(waits[where], where)
    assert console.written.count(ENTERED) == 1
    for found in credentialtext.find(console.screen):
        assert found.text in console.line_with(found.text)


def test_as_a_forced_command_it_is_the_console_whatever_is_asked_for(
    machine: Machine, stock: Stock
) -> None:
    console = machine.ssh(asks_for="sh -c 'echo pwned; cat /etc/passwd'")

    console.wait_for("Salesforce Production")
    assert b"pwned" not in console.written
    console.press("q")
    console.wait_until(lambda: LEFT in console.written)
    assert console.exit_status == 0


ESCAPES = (
    "ctrl+z",
    "!",
    ":!sh\r",
    "\x1b",
    "\x03",
    "\x1c",
    "\x1a",
    ":/etc/passwd\r",
    "\x1b",
    "\x1b",
)


def test_no_key_of_it_leads_to_a_shell(
    machine: Machine, stock: Stock, children: Callable[[int], list[str]]
) -> None:
    console = on_the_keys(machine, stock)
    for keys in ESCAPES:
        console.press(keys)
        console.read_for(0.2)
        assert children(console.process.pid) == []
    console.wait_for("API Keys")


OUTSIDE = ("/tmp/kc-escaped.key", "../escaped.key", "~/../escaped.key", "link/escaped.key",
           "~/.ssh/escaped.key", "~/.profile", "/etc/cron.d/escaped.env")  # fmt: skip


def test_confined_it_writes_no_file_outside_the_home(machine: Machine, stock: Stock) -> None:
    (machine.home / "link").symlink_to(machine.home.parent)
    (machine.home / ".ssh").mkdir()
    machine = machine.with_variables(KEYCONSOLE_CONFINED="1")
    before = {path for path in machine.home.parent.rglob("*") if "share" not in str(path)}
    console = on_the_keys(machine, stock)
    steps.create_key(console, "cron-prod")
    console.press("s")
    console.wait_for("Save the value to a file")
    for path in OUTSIDE:
        given = path.replace("link/", f"{machine.home}/link/")
        console.press("ctrl+u")
        console.type(given)
        console.wait_for(given[-12:])
        console.press("enter")
        console.wait_for("Here ")
        console.type("x")
        console.wait_until(lambda: "Here " not in console.screen)
    console.press("ctrl+u")
    console.type("~/kept.key")
    console.wait_for("~/kept.key")
    console.press("enter")
    console.wait_for("Saved to ~/kept.key")

    export_where_allowed(console, machine)

    after = {path for path in machine.home.parent.rglob("*") if "share" not in str(path)}
    written = {path.name for path in after - before if path.suffix in {".key", ".env", ".csv"}}
    assert written == {"kept.key", "kept.csv"}


def export_where_allowed(console: SshTerminal, machine: Machine) -> None:
    """Try to put a list in every place outside, then at home."""
    console.press("enter")
    console.wait_for("n generate")
    console.press("A")
    console.wait_for("Audit log", "generated a key")
    console.press("s")
    console.wait_for("Save what is listed")
    for path in OUTSIDE:
        given = f"{path.replace('link/', f'{machine.home}/link/')}.csv"
        console.press("ctrl+u")
        console.type(given)
        console.wait_for(given[-12:])
        console.press("enter")
        console.wait_for("Here ")
        console.type("x")
        console.wait_until(lambda: "Here " not in console.screen)
    console.press("ctrl+u")
    console.type("~/kept.csv")
    console.wait_for("~/kept.csv")
    console.press("enter")
    console.wait_for("in ~/kept.csv")
