"""The console on a service elsewhere: the same job, over a line that fails."""

from collections.abc import Callable

import pytest
from tests.terminal import steps
from tests.terminal.conftest import Machine
from tests.terminal.proxy import LossyLine

from keyconsole.core.credential import Kind, mint, parse


class Remote:
    """A service, and another machine from which it is reached."""

    def __init__(self, machine: Machine, token: str) -> None:
        self.host = machine
        self.service = machine.service()
        self._desk = machine.with_variables(
            KEYCONSOLE_TOKEN=token, KEYCONSOLE_DATA_DIR=str(machine.home / "none")
        )

    def desk(self, url: str | None = None) -> Machine:
        return self._desk.with_variables(KEYCONSOLE_URL=url or self.service.url)

    def labels(self) -> list[str]:
        with self.host.database() as database:
            return [label for (label,) in database.execute("SELECT label FROM api_keys")]


@pytest.fixture
def remote(machine: Machine, admin: Callable[[], str]) -> Remote:
    return Remote(machine, admin())


def test_the_whole_job_on_a_service_elsewhere(remote: Remote) -> None:
    console = remote.desk().console()
    console.wait_for("acme", "No integrations yet")

    steps.add_integration(console)
    console.wait_for("No API keys yet")
    steps.create_key(console, "api-gateway-prod")
    console.wait_for(f"{remote.service.url}/v1/forward-auth")
    secret = steps.show_value(console)
    assert steps.present(remote.service.url, secret).public_key == parse(secret).public_key

    console.press("enter")
    steps.wait_for_row(console, "api-gateway-prod", "active")
    console.press("x")
    console.wait_for("Revoke this key?", "IN USE NOW", steps.TAKES_ENTER)
    console.type("api-gateway-prod\r")
    steps.lock_out(console)
    console.wait_for("Revoked.", "refused ", "event ")
    assert steps.present(remote.service.url, secret) == (401, "key-revoked", None)
    assert not (remote.host.home / "none").exists()


def test_a_service_that_dies_and_comes_back_costs_nothing_typed(remote: Remote) -> None:
    console = remote.desk().console()
    console.wait_for("No integrations yet")
    steps.add_integration(console)
    console.wait_for("No API keys yet")
    console.press("n")
    console.wait_for("Save & Generate Key")
    console.type("api-gateway-prod")
    console.wait_for("✓ unique here")

    remote.service.kill()
    console.press("ctrl+s")
    console.wait_for("unreachable", "retrying", "api-gateway-prod", "Nothing is lost")
    remote.host.service(remote.service.port)

    console.wait_for("API Key Created", "api-gateway-prod", steps.MASKED)
    secret = steps.show_value(console)
    assert steps.present(remote.service.url, secret).status == 200
    assert remote.labels() == ["api-gateway-prod"]


def test_a_list_comes_back_by_itself(remote: Remote) -> None:
    console = remote.desk().console()
    console.wait_for("No integrations yet")

    remote.service.kill()
    console.wait_for("unreachable", "No integrations yet")
    remote.host.service(remote.service.port)

    console.wait_until(lambda: "● " in console.lines[0], "the connection")
    assert "unreachable" not in console.screen


def test_a_service_that_is_not_there_yet_is_waited_for(remote: Remote) -> None:
    remote.service.kill()
    console = remote.desk().console()
    console.wait_for("unreachable")

    remote.host.service(remote.service.port)

    console.wait_for("acme", "No integrations yet")


def test_a_create_whose_answer_is_lost_makes_one_key_and_shows_its_value(remote: Remote) -> None:
    with LossyLine(remote.service.port) as line:
        console = remote.desk(line.url).console()
        console.wait_for("No integrations yet")
        steps.add_integration(console)
        console.wait_for("No API keys yet")
        line.lose_the_next_answer()
        console.type("napi-gateway-prod\x13")

        console.wait_for("API Key Created", "api-gateway-prod", steps.MASKED)
        assert line.has_lost_one.is_set()
        secret = steps.show_value(console)
        assert steps.present(remote.service.url, secret).public_key == parse(secret).public_key
        assert remote.labels() == ["api-gateway-prod"]
        console.press("ctrl+q")
        assert console.read_to_the_end() == 0


def test_a_token_of_another_service_is_refused(remote: Remote, machine: Machine) -> None:
    other = remote.desk().with_variables(KEYCONSOLE_TOKEN=mint(Kind.OPERATOR_TOKEN).text)
    console = other.console()

    assert console.read_to_the_end() == 3
    assert "keyconsole: " in console.screen
    assert not console.is_alternate
