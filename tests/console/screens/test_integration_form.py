"""Adding an integration and changing it."""

import pytest
from tests.console.desk import Desk, Network, integration_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integration_form import IntegrationForm
from keyconsole.console.screens.integrations import IntegrationsScreen

FIELDS = ("salesforce", "production", "3MVG9", "https://app.acme.example/cb", "api refresh_token")


async def test_a_complete_form_makes_an_integration_that_can_have_keys(bare_stage: Stage) -> None:
    async with sit_down(bare_stage) as desk:
        await desk.press("n")
        await desk.write("Salesforce Production")
        for value in FIELDS:
            await desk.press("down")
            await desk.write(value)
        await desk.press("ctrl+s")

        screen = desk.see(IntegrationScreen)
        assert (screen.integration.status, screen.open_tab) == ("configured", "api-keys")
        assert screen.integration.scopes == ["api", "refresh_token"]
        assert "generates the first" in desk.text


async def test_a_name_alone_makes_a_draft_that_says_what_it_needs(bare_stage: Stage) -> None:
    async with sit_down(bare_stage) as desk:
        await desk.press("n")
        await desk.write("HubSpot EU")
        await desk.press("ctrl+s")

        screen = desk.see(IntegrationScreen)
        assert (screen.integration.status, screen.open_tab) == ("draft", "overview")
        assert "needs provider, environment, client ID, redirect URI and scopes" in desk.words


async def test_what_keeps_it_a_draft_is_said_while_one_types(bare_stage: Stage) -> None:
    async with sit_down(bare_stage) as desk:
        await desk.press("n")
        assert "a draft: 6 fields are empty" in desk.text
        await desk.write("Salesforce Production")
        for value in FIELDS[:-1]:
            await desk.press("down")
            await desk.write(value)
        assert "a draft: needs scopes" in desk.text

        await desk.press("down")
        await desk.write("api")

        assert "a draft" not in desk.text


async def test_what_was_said_before_another_screen_is_gone_after_it(bare_stage: Stage) -> None:
    async with sit_down(bare_stage) as desk:
        await desk.press("n")
        await desk.write("Salesforce Production")
        for value in FIELDS:
            await desk.press("down")
            await desk.write(value)
        await desk.press("ctrl+s")
        assert "Saved and configured" in desk.text

        await desk.press("n", "escape")

        desk.see(IntegrationScreen)
        assert "Saved and configured" not in desk.text


async def test_a_draft_becomes_configured_by_the_field_it_lacked(stage: Stage) -> None:
    draft = await integration_of(stage, "HubSpot EU")
    async with sit_down(stage, f"/oauth/{draft.id}") as desk:
        assert desk.see(IntegrationScreen).why_not_generate()
        await desk.press("e", "down", "down", "down")
        await desk.write("3MVG9_hubspot")
        await desk.press("ctrl+s")

        screen = desk.see(IntegrationScreen)
        assert screen.integration.status == "configured"
        assert not screen.why_not_generate()
        assert "Saved and configured" in desk.text


async def test_a_name_that_is_taken_is_told_at_the_field_and_nothing_typed_is_lost(
    desk: Desk,
) -> None:
    await desk.press("n")
    await desk.write("salesforce production")
    await desk.press("ctrl+s")

    form = desk.see(IntegrationForm)
    assert "✕" in _said_at(form, "name")
    assert form.field("name").value == "salesforce production"


@pytest.mark.parametrize(
    ("field", "steps", "value"),
    [
        ("redirect_uri", 4, "http://app.acme.example/cb"),
        ("redirect_uri", 4, "javascript:alert(1)"),
        ("scopes", 5, "api\x7f"),
    ],
)
async def test_what_the_service_refuses_stands_at_its_field(
    desk: Desk, field: str, steps: int, value: str
) -> None:
    await desk.press("n")
    await desk.write("Airtable")
    await desk.press(*["down"] * steps)
    await desk.paste(value)
    await desk.press("ctrl+s")

    form = desk.see(IntegrationForm)
    assert "✕" in _said_at(form, field)
    assert form.field("name").value == "Airtable"


async def test_an_empty_name_is_not_sent(network: Network, stage: Stage) -> None:
    async with sit_down(stage, connect=network.session) as desk:
        await desk.press("n", "ctrl+s")

        assert "is needed" in _said_at(desk.see(IntegrationForm), "name")
        assert not network.sent("POST", "/integrations")


async def test_leaving_the_form_changes_nothing(desk: Desk) -> None:
    before = desk.labels
    await desk.press("n")
    await desk.write("Airtable")
    await desk.press("escape", "Q")

    desk.see(IntegrationsScreen)
    await desk.press("ctrl+r")
    assert desk.labels == before


async def test_the_list_knows_a_new_integration_when_one_comes_back(desk: Desk) -> None:
    await desk.press("n")
    await desk.write("Airtable")
    await desk.press("ctrl+s", "escape")

    assert "Airtable" in desk.labels


async def test_disabling_an_integration_asks_and_enabling_does_not(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}") as desk:
        await desk.press("d", "escape")
        assert desk.see(IntegrationScreen).integration.status == "configured"

        await desk.press("d", "D")
        assert desk.see(IntegrationScreen).integration.status == "disabled"
        assert "disabled" in desk.see(IntegrationScreen).why_not_generate()

        await desk.press("d")
        assert desk.see(IntegrationScreen).integration.status == "configured"


def _said_at(form: IntegrationForm, name: str) -> str:
    return str(form.field(name).query_one(".field-says").render())


async def test_an_age_within_the_warning_is_refused_at_its_field(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}") as desk:
        await desk.press("e")
        form = desk.see(IntegrationForm)
        form.field("max_key_age_days").input.focus()
        await desk.write("7")
        await desk.press("ctrl+s")

        assert desk.see(IntegrationForm).field("max_key_age_days").input.has_focus
        assert "The warning, 14 days before a key is due" in desk.words
        assert "rotation age, 7 days" in desk.words
    assert (await integration_of(stage)).max_key_age_days is None


async def test_the_last_field_and_what_is_wrong_with_it_are_seen_on_the_smallest_terminal(
    stage: Stage,
) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}", size=(60, 16)) as desk:
        await desk.press("e", *["tab"] * 6)
        field = desk.see(IntegrationForm).field("max_key_age_days")
        await desk.write("-3")
        assert "-3" in desk.text.splitlines()[field.input.region.y]
        await desk.press("ctrl+s")
        assert "✕ A number of days" in desk.text
        end = desk.see(IntegrationForm).query_one("#form-end")
        assert field.region.bottom <= end.region.y
