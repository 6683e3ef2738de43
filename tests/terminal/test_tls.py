"""The whole main job over TLS with an authority of one's own, against another process."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine
from tests.terminal.service import Service
from tests.terminal.terminal import DEADLINE, KEYCONSOLE
from tests.terminal.tls import Authority, tls_before

from keyconsole.core.credential import parse


@dataclass(frozen=True)
class Desk:
    """A person's own machine, and the address of the service as they know it."""

    machine: Machine
    service: Service
    url: str
    ca_file: Path
    token: str

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [KEYCONSOLE, *arguments],
            env=self.machine.environ,
            cwd=self.machine.cwd,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def login(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            "login", self.url, "--profile", "prod", "--ca-file", str(self.ca_file), *options,
            stdin=self.token,
        )  # fmt: skip


@contextmanager
def desk_of(machine: Machine, token: str, host: str = "127.0.0.1") -> Iterator[Desk]:
    authority = Authority(machine.home)
    service = machine.service()
    own = machine.with_variables(KEYCONSOLE_DATA_DIR=str(machine.home / "none"))
    with tls_before(service.port, authority.context(host)) as url:
        yield Desk(own, service, url, authority.ca_file, token)


@pytest.fixture
def desk(machine: Machine, admin: Callable[[], str]) -> Iterator[Desk]:
    with desk_of(machine, admin()) as desk:
        yield desk


def test_by_the_keys_of_a_keyboard(desk: Desk) -> None:
    assert desk.login("--danger").returncode == 0
    console = desk.machine.console()
    console.wait_for("PROD", "acme", "No integrations yet")

    steps.add_integration(console)
    console.wait_for("No API keys yet")
    steps.create_key(console, "api-gateway-prod")
    console.wait_for(f"{desk.url}/v1/forward-auth")
    secret = steps.show_value(console)
    assert steps.present(desk.service.url, secret).public_key == parse(secret).public_key
    console.press("enter")
    steps.wait_for_row(console, "api-gateway-prod", "active")
    console.press("x")
    console.wait_for("Revoke this key?", "the last active key", steps.TAKES_ENTER)
    console.type("api-gateway-prod\r")
    steps.lock_out(console)
    console.wait_for("Revoked.", "refused ", "event ")
    assert steps.present(desk.service.url, secret) == (401, "key-revoked", None)

    console.press("enter")
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0
    assert not (desk.machine.home / "none").exists()


def test_by_commands(desk: Desk) -> None:
    signed_in = desk.login()
    assert (signed_in.returncode, signed_in.stderr.count("\n")) == (0, 1)
    assert "acme (admin)" in signed_in.stdout

    fields = [
        "--provider", "salesforce", "--environment", "production", "--client-id", "3MVG9",
        "--redirect-uri", "https://app.acme.example/cb", "--scope", "api", "--json",
    ]  # fmt: skip
    made = desk.run("integrations", "create", "Salesforce Production", *fields)
    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(made.stdout)["status"] == "configured"

    created = desk.run("keys", "create", "salesforce production", "--label", "api-gateway-prod")
    assert created.returncode == 0
    secret = created.stdout.strip()
    public_key = parse(secret).public_key
    assert public_key in created.stderr
    assert steps.present(desk.service.url, secret) == (200, None, public_key)

    listed = desk.run("keys", "list", "--jsonl")
    assert [json.loads(line)["public_key"] for line in listed.stdout.splitlines()] == [public_key]
    which = desk.run("keys", "identify", "-", stdin=f"in the log: {secret}\n")
    assert which.returncode == 0
    assert "api-gateway-prod" in which.stdout

    revoked = desk.run("keys", "revoke", public_key, "--yes", "--reason", "leaked", "--json")
    assert (revoked.returncode, revoked.stderr) == (0, "")
    assert json.loads(revoked.stdout)["verification"]["would_authenticate"] is False
    assert steps.present(desk.service.url, secret) == (401, "key-revoked", None)

    events = [
        json.loads(line)["action"]
        for line in desk.run("audit", "list", "--jsonl").stdout.splitlines()
    ]
    assert events[0] == "key.revoked"
    assert "key.created" in events
    # In the pipe and nowhere else.
    files = leaks.files_under(desk.machine.home, desk.machine.cwd)
    assert leaks.found_in(secret, files) == []
    assert desk.run("logout").returncode == 0
    assert desk.run("keys", "list").returncode == 3


def test_a_certificate_of_somebody_else_takes_no_screen_down(
    machine: Machine, admin: Callable[[], str]
) -> None:
    with desk_of(machine, admin(), host="keys.example.com") as desk:
        refused = desk.login()
        assert (refused.returncode, refused.stdout) == (6, "")
        assert "not trusted" in refused.stderr

        reached = desk.machine.with_variables(KEYCONSOLE_URL=desk.url, KEYCONSOLE_TOKEN=desk.token)
        console = reached.console("--ca-file", str(desk.ca_file))
        console.wait_for("unreachable", "not trusted")
        console.press("q")
        assert console.read_to_the_end() == 0
