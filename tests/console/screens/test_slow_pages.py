"""A page that is long on its way is waited for, whatever is pressed meanwhile."""

import asyncio

import pytest
from tests.console.desk import Network, integration_of, sit_down
from tests.hands import send
from tests.stage import Stage

from keyconsole.console.screens import integration, integrations

SIZE = 3


@pytest.mark.parametrize("place", ["integrations", "keys of one"])
async def test_keys_pressed_meanwhile_do_not_keep_it_away(
    place: str, stage: Stage, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrations, "PAGE_SIZE", SIZE)
    monkeypatch.setattr(integration, "PAGE_SIZE", SIZE)
    path, asked = "/oauth", "/integrations"
    if place != "integrations":
        path, asked = f"/oauth/{(await integration_of(stage)).id}/api-keys", "/keys"
    async with sit_down(stage, path, connect=network.session) as desk:
        before = len(desk.rows)
        sent, held = len(network.sent("GET", asked)), asyncio.Event()
        network.fail("GET", asked, held)
        for key in ("end", "up", "down", "up"):
            send(desk.pilot, key)
            await desk.until(lambda: len(network.sent("GET", asked)) == sent + 1)

        held.set()
        await desk.settle()
        assert len(desk.rows) > before
