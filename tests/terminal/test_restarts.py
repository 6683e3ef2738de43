"""The service killed, and started again, at every step of every flow.

Nothing that was typed is lost, nothing is made twice, and a key whose value nobody has is listed
as unconfirmed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.terminal import steps
from tests.terminal.conftest import Machine

LABEL = "checkout-prod"


class Bench:
    """A console on a service in another process, which dies again and again."""

    def __init__(self, host: Machine, token: str) -> None:
        self.host = host
        self.service = host.service()
        desk = host.with_variables(
            KEYCONSOLE_URL=self.service.url,
            KEYCONSOLE_TOKEN=token,
            KEYCONSOLE_DATA_DIR=str(host.home / "none"),
        )
        self.console = desk.console()

    @contextmanager
    def dead(self) -> Iterator[None]:
        """What is done in here is done without a service; after it there is one again."""
        self.service.kill()
        yield
        assert self.console.process.poll() is None
        assert "Traceback" not in self.console.screen
        self.service = self.host.service(self.service.port)
        self.see("● ")

    def see(self, *words: str) -> None:
        self.console.wait_for(*words)

    def made(self) -> list[tuple[str, bool, bool]]:
        """Of every key: its label, whether its value was taken, whether it is revoked."""
        columns = "label, acknowledged_at IS NOT NULL, revoked_at IS NOT NULL"
        with self.host.database() as database:
            rows = database.execute(f"SELECT {columns} FROM api_keys")
            return [(label, bool(taken), bool(dead)) for label, taken, dead in rows]


def add_integration(bench: Bench) -> None:
    console = bench.console
    bench.see("acme", "No integrations yet")
    with bench.dead():
        console.press("ctrl+r")
        bench.see("unreachable", "No integrations yet")
    console.press("n")
    bench.see("Add Integration")
    for text in steps.FIELDS.values():
        console.type(text)
        bench.see(text)
        console.press("tab")
    with bench.dead():
        console.press("ctrl+s")
        bench.see("unreachable", "refused the connection", *steps.FIELDS.values())
    console.press("ctrl+s")
    bench.see("No API keys yet")


def make_key(bench: Bench) -> str:
    """The value of the key that it made."""
    console = bench.console
    with bench.dead():
        console.press("n")
        bench.see("Save & Generate Key")
        bench.see("unreachable")
    console.type(LABEL)
    bench.see(LABEL)
    with bench.dead():
        console.press("ctrl+s")
        bench.see("unreachable", LABEL, "Nothing is lost")
    bench.see("API Key Created", steps.MASKED)
    with bench.dead():
        secret = steps.show_value(console)
        console.press("enter")
        bench.see("unreachable", "API Keys")
    steps.wait_for_row(console, LABEL, "unconfirmed")
    assert bench.made() == [(LABEL, False, False)]
    return secret


def look_and_rename(bench: Bench) -> None:
    console = bench.console
    with bench.dead():
        console.press("ctrl+r")
        bench.see("unreachable", LABEL)
    console.press("e")
    bench.see("Rename")
    console.type("-2")
    bench.see(f"{LABEL}-2")
    with bench.dead():
        console.press("ctrl+s")
        bench.see("No answer", f"{LABEL}-2")
    console.press("ctrl+s")
    console.wait_until(lambda: "Rename" not in console.screen, "the end of the dialog")
    steps.wait_for_row(console, f"{LABEL}-2")
    console.press("i")
    bench.see("Which key")
    console.type(LABEL)
    bench.see(LABEL)
    with bench.dead():
        console.press("enter")
        bench.see("refused the connection")
    console.press("enter")
    bench.see("works now")
    console.press("escape")
    console.wait_until(lambda: "Which key" not in console.screen, "the end of the dialog")


def revoke(bench: Bench, secret: str) -> None:
    console = bench.console
    assert steps.present(bench.service.url, secret).status == 200
    steps.wait_for_row(console, f"{LABEL}-2", "active")
    with bench.dead():
        console.press("x")
        bench.see("Revoke this key?", steps.TAKES_ENTER)
        bench.see("unreachable")
    bench.see("the last active key")
    console.type(f"{LABEL}-2")
    console.press("enter")
    bench.see("R  revoke it all the same")
    with bench.dead():
        console.press("R")
        bench.see("Unknown, still trying")
    bench.see("Revoked.", "event ")
    with bench.dead():
        console.press("enter")
        console.wait_until(lambda: "Revoked." not in console.screen, "the end of the receipt")
    steps.wait_for_row(console, f"{LABEL}-2", "revoked")


def test_a_service_that_dies_at_every_step_costs_nothing(
    machine: Machine, admin: Callable[[], str]
) -> None:
    bench = Bench(machine, admin())

    add_integration(bench)
    secret = make_key(bench)
    look_and_rename(bench)
    revoke(bench, secret)
    assert steps.present(bench.service.url, secret).status == 401

    assert [(label, dead) for label, _, dead in bench.made()] == [(f"{LABEL}-2", True)]
    bench.console.press("ctrl+q")
    assert bench.console.read_to_the_end() == 0
