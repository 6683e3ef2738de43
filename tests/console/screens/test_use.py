"""u: use over time of a key, an integration and the workspace."""

import httpx
from tests.console.desk import IN_USE, Desk, Network, sit_down
from tests.scenes import use_old
from tests.stage import Stage

from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.use import KeyUseScreen, TotalUseScreen


async def test_use_is_shown_over_four_ranges_and_as_figures(
    wired_desk: Desk, network: Network
) -> None:
    desk = wired_desk
    await desk.press("U")
    assert desk.see(TotalUseScreen).integration is None
    assert "Use of" in desk.text
    assert "Salesforce Production" in desk.text
    await desk.press("enter")
    of_integration = desk.see(TotalUseScreen).integration
    assert of_integration is not None
    await desk.press("enter")
    screen = desk.see(KeyUseScreen)
    assert screen.key.label == IN_USE
    assert "▸24 h" in desk.text
    assert "┤" in desk.text
    assert "10.1.4.7" in desk.text
    asked = network.sent("GET", "/usage")[-1]
    assert asked.url.params["hours"] == "24"

    await desk.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
    assert "▸90 d" in desk.text
    assert network.sent("GET", "/usage")[-1].url.params["hours"] == "2160"
    await desk.press("right_square_bracket")
    assert "▸24 h" in desk.text

    await desk.press("B")
    assert "┤" not in desk.text
    assert "today 09:00" in desk.text
    assert "Why" in desk.text
    await desk.press("j", "B", "escape")
    assert desk.see(TotalUseScreen).integration == of_integration


async def test_an_older_service_and_a_key_that_was_never_used_have_a_sentence(
    stage: Stage, network: Network
) -> None:
    await use_old(stage)
    public_key = next(
        key.public_key for key in (await stage.client().keys()).items if key.label == "laptop-test"
    )
    async with sit_down(stage, f"/api-keys/{public_key}/use", connect=network.session) as desk:
        assert "No request has come with this key yet." in desk.text
        network.fail("GET", "/usage", httpx.Response(404, json={"error": "not-found"}))
        await desk.press("U")
        assert "This service does not tell use over time: it is of an older version." in desk.text
        document = {"public_key": public_key, "hours": [], "sources": []}
        network.fail("GET", "/usage", httpx.Response(200, json=document))
        await desk.press("escape")
        assert "This service is of an older version: it tells at most 30 days." in desk.text
        await desk.press("escape", "u")
        desk.see(KeyUseScreen)
        await desk.press("escape")
        desk.see(KeyScreen)
