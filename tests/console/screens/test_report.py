"""The report: counted once, by three things, and its way to the keys."""

from tests.console.desk import Desk, Network

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.report import ReportScreen


async def test_one_key_tells_how_many_old_keys_each_integration_has(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press("number_sign")

    wired_desk.see(ReportScreen)
    [asked] = network.sent("GET", "/reports/keys")
    assert asked.url.params["by"] == "integration,age"
    assert asked.url.params["query"] == "status:active"
    row = next(line for line in wired_desk.text.splitlines() if "Salesforce Production" in line)
    assert row.split()[-1] == "6"


async def test_the_parts_count_by_other_things(wired_desk: Desk) -> None:
    await wired_desk.press("number_sign", "right_square_bracket")
    assert "Active keys by owner and age" in wired_desk.text
    await wired_desk.press("right_square_bracket")
    assert "Active keys by creator and age" in wired_desk.text
    await wired_desk.press("right_square_bracket")
    assert "production" in wired_desk.text
    await wired_desk.press("right_square_bracket", "left_square_bracket", "left_square_bracket")
    assert "Active keys by creator and age" in wired_desk.text

    await wired_desk.press("enter")
    assert "These keys are of several integrations" in wired_desk.text


async def test_enter_opens_the_keys_of_the_integration(wired_desk: Desk) -> None:
    await wired_desk.press("number_sign", "enter")

    assert wired_desk.see(IntegrationScreen).open_tab == "api-keys"
