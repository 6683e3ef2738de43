"""The whole job by the keys of a keyboard, beside a service that verifies what was made."""

from itertools import chain

from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine
from tests.terminal.terminal import without_escapes

from keyconsole.core import credential


def test_a_key_is_made_shown_once_used_revoked_and_leaves_no_trace(machine: Machine) -> None:
    service = machine.with_variables(KEYCONSOLE_LOG_LEVEL="debug").service()
    console = machine.console()
    console.wait_for("No integrations yet")

    steps.add_integration(console, without="Client ID")
    console.wait_for("Overview", "draft", "needs client ID")
    console.press("n")
    console.wait_for("before it can have keys")

    console.press("e")
    console.wait_for("Edit", "Client ID")
    console.press("tab", "tab", "tab")
    console.type("3MVG9")
    console.wait_for("3MVG9")
    console.press("ctrl+s")
    console.wait_for("Saved and configured")

    steps.create_key(console, "api-gateway-prod")
    assert steps.secret_on(console) is None
    secret = steps.show_value(console)
    known = credential.parse(secret)
    assert known.kind is credential.Kind.API_KEY
    console.wait_for(known.public_key, "safe to share")

    assert steps.present(service.url, secret) == (200, None, known.public_key)
    wrong = credential.assemble(known.kind, known.public_key[4:], bytes(32)).text
    assert steps.present(service.url, wrong) == (401, "credential-invalid", None)

    console.press("enter")
    steps.wait_for_row(console, "api-gateway-prod", known.public_key)
    console.wait_until(lambda: steps.is_under_the_cursor(console, "api-gateway-prod"))
    after_the_reveal = len(console.written)
    assert steps.secret_on(console) is None

    console.press("x")
    console.wait_for("Revoke this key?", "IN USE NOW", steps.TAKES_ENTER)
    console.wait_for("type api-gateway-prod or")
    console.type("Rapi-gateway-prod")
    console.wait_for("type api-gateway-prod or", "Rapi-gateway-prod")
    console.press("enter")
    console.wait_for("Type its name, or")
    assert steps.present(service.url, secret).status == 200

    console.press("ctrl+u")
    console.type(known.public_key[-4:])
    console.wait_until(lambda: "Rapi-gateway-prod" not in console.screen)
    console.press("enter")
    steps.lock_out(console)
    console.wait_for("Revoked.", known.public_key, "refused ", "event ")
    assert steps.present(service.url, secret) == (401, "key-revoked", None)

    console.press("enter")
    steps.wait_for_row(console, "api-gateway-prod", "revoked")

    def traces() -> list[str]:
        written = console.written[after_the_reveal:]
        return leaks.found_in(
            secret,
            chain(
                leaks.files_under(machine.home, machine.data_dir, machine.cwd),
                leaks.what_the_system_shows(),
                [
                    ("the log", service.log.encode()),
                    ("the terminal", written),
                    ("the terminal's text", without_escapes(written)),
                ],
            ),
        )

    assert (machine.data_dir / "keyconsole.db-wal").exists()
    assert traces() == []
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0
    service.stop()
    assert traces() == []
    assert "Started server process" in service.log


def test_a_trace_of_a_secret_would_be_found(machine: Machine) -> None:
    secret = credential.mint(credential.Kind.API_KEY).text
    for number, (_, spelling) in enumerate(leaks.spellings(secret)):
        (machine.home / f"file-{number}").write_bytes(b"x" * number + spelling + b"y")

    found = leaks.found_in(secret, leaks.files_under(machine.home))

    assert {line.partition(" in /")[0] for line in found} >= {
        what for what, _ in leaks.spellings(secret)
    }
    assert leaks.found_in(secret, leaks.files_under(machine.data_dir, machine.cwd)) == []
