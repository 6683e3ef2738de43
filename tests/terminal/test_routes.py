"""`keyconsole open ROUTE`: a runbook names a screen, and this is it."""

import pytest
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import ENTERED

ROUTES = {
    "/oauth": ("Integrations", "Salesforce Production", "HubSpot EU"),
    "/oauth/{integration}": ("Overview", "Redirect URI", "app.acme.example"),
    "/oauth/{integration}/api-keys": ("API Keys", "api-gateway-prod", "reports-prod"),
    "/oauth/{integration}/activity": ("Activity", "generated a key"),
    "/api-keys/create": ("Create API Key", "Salesforce Production"),
    "/api-keys/create?integration={integration}": ("Create API Key", "Salesforce Production"),
    "/api-keys/create?integration={draft}": ("Overview", "before it can have keys"),
    "/api-keys/{key}": ("{key}", "api-gateway-prod"),
    "{key}": ("{key}", "api-gateway-prod"),
    "/audit": ("Audit", "added the integration"),
}


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_opens_its_screen(route: str, machine: Machine, stock: Stock) -> None:
    ids = {
        "integration": stock.integration.id,
        "draft": stock.draft.id,
        "key": stock.keys["api-gateway-prod"].key.public_key,
    }
    console = machine.console("open", route.format(**ids))

    console.wait_for(*(words.format(**ids) for words in ROUTES[route]))

    console.press("ctrl+q")
    assert console.read_to_the_end() == 0


@pytest.mark.parametrize("route", ["/nowhere", "oauth", "/oauth/int_1/x", "/api-keys/kcp_UPPER"])
def test_a_route_that_is_none_is_told_before_anything_is_drawn(
    route: str, machine: Machine
) -> None:
    console = machine.console("open", route)

    assert console.read_to_the_end() == 2
    assert "There is no such place. Places are /oauth" in " ".join(console.screen.split())
    assert ENTERED not in console.written
    assert list(machine.data_dir.iterdir()) == []


@pytest.mark.parametrize(
    "route",
    [
        "/oauth/int_0000000000000000",
        "/api-keys/create?integration=int_0000000000000000",
        "/api-keys/kcp_0000000000000000",
    ],
)
def test_an_id_that_nothing_has_is_told_on_the_first_screen(
    route: str, machine: Machine, stock: Stock
) -> None:
    console = machine.console("open", route)

    console.wait_for("Salesforce Production", "✕ There is no ")
    console.press("enter")
    console.wait_for("API Keys")


def test_a_key_before_there_is_an_integration_is_told(machine: Machine) -> None:
    console = machine.console("open", "/api-keys/create")

    console.wait_for("There is no configured integration yet")
