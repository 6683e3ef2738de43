"""!: what needs attention, found from the first screen, opened, dismissed until a day."""

from datetime import timedelta

import httpx
import pytest
from tests.console.desk import IN_USE, Desk, Network, integration_of, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.addresses import AddressesDialog
from keyconsole.console.screens.attention import AttentionScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.quarantine import QuarantineDialog
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.wire import KeyCreate


async def expiring(stage: Stage, *labels: str) -> None:
    """Keys of Salesforce Production that expire soon, and are known to somebody."""
    place, client = await integration_of(stage), stage.client()
    for days, label in enumerate(labels, start=3):
        request = KeyCreate(label=label, expires_at=stage.now + timedelta(days=days))
        created = await client.create_key(place.id, request, idempotency_key=label * 8)
        await client.acknowledge(created.key.public_key)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
async def test_an_incident_is_found_from_the_first_screen(
    stage: Stage, size: tuple[int, int]
) -> None:
    async with sit_down(stage, size=size) as desk:
        [strip] = [line for line in desk.text.split("\n") if "! opens" in line]
        assert "1 needs you now   new source" in strip
        await desk.press("exclamation_mark")
        assert desk.see(AttentionScreen).current is desk.rows[0]
        assert "91.20.7.5 used api-gateway-prod of Salesforce Production" in desk.words
        await desk.press("enter")
        assert desk.see(KeyScreen).key.label == IN_USE
        await desk.press("escape", "escape")
        desk.see(IntegrationsScreen)


async def test_its_key_is_cut_off_and_revoked_from_the_row(stage: Stage) -> None:
    await expiring(stage, "etl-nightly-prod", "etl-weekly-prod")
    async with sit_down(stage, "/attention") as desk:
        await desk.press("F")
        assert desk.see(AddressesDialog).key.label == IN_USE
        await desk.press("escape", "d")
        assert desk.see(QuarantineDialog).key.label == IN_USE
        await desk.press("escape", "x")
        assert desk.see(RevokeDialog).key.label == IN_USE
        await desk.press("escape", "down", "x")
        assert desk.under_cursor.public_key is None
        assert "It is about several keys: Enter lists them." in desk.words


async def test_the_page_of_a_key_says_which_sources_are_refused_now(
    stage: Stage,
) -> None:
    key = await key_of(stage, IN_USE)
    usage = await stage.client().usage(key.public_key)
    stays = next(each.address for each in usage.sources if each.address != "91.20.7.5")
    await stage.client().change_addresses(key.public_key, [stays], version=key.version)
    async with sit_down(stage, f"/api-keys/{key.public_key}") as desk:
        refused = {
            each.address: "◌ refused now" in line
            for each in usage.sources
            for line in desk.text.split("\n")
            if line.split()[:1] == [each.address]
        }
        assert refused == {each.address: each.address != stays for each in usage.sources}


async def test_the_row_of_its_integration_is_marked(desk: Desk) -> None:
    [row] = [line for line in desk.text.split("\n") if "Salesforce Production" in line]
    assert "✕ source" in row


async def test_what_matters_first_stands_first_and_is_named_once(stage: Stage) -> None:
    await expiring(stage, "etl-nightly-prod")
    async with sit_down(stage, "/attention") as desk:
        assert [row.kind for row in desk.rows][:2] == ["new_source", "expiring"]
        lines = [line.split()[:2] for line in desk.text.split("\n") if line.split()]
        assert ["▌", "Now"] in lines
        assert ["Soon", "◔"] in lines
        assert "1 needs you now   1 soon" in desk.text


async def test_several_keys_are_opened_as_a_list_of_them(stage: Stage) -> None:
    await expiring(stage, "etl-nightly-prod", "etl-weekly-prod")
    async with sit_down(stage, "/attention") as desk:
        await desk.press("down")
        assert "2 keys of Salesforce Production expire, the first in 3 days." in desk.words
        await desk.press("enter")
        assert desk.see(IntegrationScreen).keys.is_filtered
        assert desk.labels == ["etl-nightly-prod", "etl-weekly-prod"]
        assert "expires:14d" in desk.text
        await desk.press("escape")
        assert IN_USE in desk.labels
        await desk.press("escape")
        desk.see(AttentionScreen)


async def test_it_is_dismissed_until_a_day_and_shown_again(stage: Stage) -> None:
    async with sit_down(stage, "/attention") as desk:
        before = [row.id for row in desk.rows]
        await desk.press("m", "2")
        assert "Dismissed api-gateway-prod: back in 7 days." in desk.text
        assert [row.id for row in desk.rows] == before[1:]
        assert "1 dismissed" in desk.text
        await desk.press("H")
        assert [row.id for row in desk.rows] == before
        assert "Dismissed by ops@acme.example; back in 7 days." in desk.words
        await desk.press("escape")
        assert "need you now" not in desk.text
    key = await key_of(stage, IN_USE)
    events = await stage.client().audit(target=key.public_key, action="attention.dismissed")
    assert events.items[0].actor == "ops@acme.example"


async def test_not_yet_dismisses_nothing(stage: Stage) -> None:
    async with sit_down(stage, "/attention") as desk:
        await desk.press("m", "escape")
        assert [row.kind for row in desk.rows] == ["new_source"]


async def test_read_only_mode_looks_and_dismisses_nothing(stage: Stage) -> None:
    async with sit_down(stage, "/attention", read_only=True) as desk:
        assert "z dismiss" not in desk.text
        await desk.press("m")
        desk.see(AttentionScreen)


async def test_where_nothing_needs_attention_no_line_says_so(bare_stage: Stage) -> None:
    async with sit_down(bare_stage) as desk:
        assert "! opens" not in desk.text
        await desk.press("exclamation_mark")
        assert "✓ Nothing needs attention." in desk.text


async def test_a_service_that_is_older_shows_its_list_all_the_same(
    stage: Stage, network: Network
) -> None:
    problem = {"error": "not-found", "detail": "There is no such address."}
    network.fail("GET", "/attention", httpx.Response(404, json=problem))
    async with sit_down(stage, connect=network.session) as desk:
        assert "Salesforce Production" in desk.text
        assert "! opens" not in desk.text
        assert "✕" not in desk.text
