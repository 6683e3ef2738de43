"""The first screen: filled, empty, filtered."""

from tests.console.desk import Desk, sit_down
from tests.stage import Stage

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.widgets.listing import ListRows
from keyconsole.text.integrations import needs
from keyconsole.wire import IntegrationCreate


async def test_every_integration_is_listed_with_its_state_as_a_word(desk: Desk) -> None:
    for words in ("Salesforce Production", "● configured", "◌ draft", "◐ disabled"):
        assert words in desk.text


async def test_a_draft_says_what_it_needs(desk: Desk) -> None:
    assert "needs client ID" in desk.text


async def test_an_empty_list_says_how_to_add_the_first(bare_stage: Stage) -> None:
    async with sit_down(bare_stage) as desk:
        assert "No integrations yet" in desk.text
        assert "n adds one" in desk.text


async def test_an_empty_list_offers_nothing_in_read_only_mode(bare_stage: Stage) -> None:
    async with sit_down(bare_stage, read_only=True) as desk:
        assert "Nothing can be added in read-only mode" in desk.text
        assert "n adds one" not in desk.text


async def test_what_was_not_understood_of_the_settings_is_said_on_the_first_screen(
    stage: Stage,
) -> None:
    warnings = ["config.toml, line 2, column 15: expected ']'.", "There is no theme neon."]
    for size in ((120, 40), (80, 24)):
        async with sit_down(stage, remarks=warnings, size=size) as desk:
            assert f"✕ {warnings[0]} (and 1 more)" in desk.text


async def test_the_filter_narrows_while_one_types_and_escape_shows_all_again(desk: Desk) -> None:
    everything = desk.labels
    await desk.press("slash")
    await desk.write("sales")
    await desk.press("enter")
    assert desk.labels == ["Salesforce Production", "Salesforce Sandbox"]

    await desk.press("escape")

    assert desk.labels == everything


async def test_escape_in_the_filter_line_takes_the_filter_away(desk: Desk) -> None:
    everything = desk.labels
    await desk.press("slash")
    await desk.write("sales")
    await desk.press("escape")

    assert desk.labels == everything
    assert isinstance(desk.app.focused, ListRows)


async def test_a_filter_that_matches_nothing_says_so_and_how_to_get_out(desk: Desk) -> None:
    await desk.press("slash")
    await desk.write("no such name")
    await desk.press("enter")

    assert "Nothing matches no such name" in desk.words
    assert "esc" in desk.text


async def test_enter_opens_the_keys_of_what_is_under_the_cursor(desk: Desk) -> None:
    await desk.put_cursor_on("Slack Notifications")
    await desk.press("enter")

    screen = desk.see(IntegrationScreen)
    assert (screen.integration.name, screen.open_tab) == ("Slack Notifications", "api-keys")


async def test_a_draft_opens_on_its_overview(desk: Desk) -> None:
    await desk.put_cursor_on("HubSpot EU")
    await desk.press("enter")

    assert desk.see(IntegrationScreen).open_tab == "overview"


async def test_a_click_chooses_a_row_and_a_second_one_opens_it(desk: Desk) -> None:
    await desk.click("ListRows", x=5, y=2)
    chosen = desk.under_cursor.name
    desk.see(IntegrationsScreen)

    await desk.click("ListRows", x=5, y=2)

    assert desk.see(IntegrationScreen).integration.name == chosen


async def test_a_refresh_shows_what_others_added_and_keeps_the_cursor(desk: Desk) -> None:
    await desk.put_cursor_on("Slack Notifications")
    await desk.stage.client().create_integration(IntegrationCreate(name="Airtable"))
    await desk.press("ctrl+r")

    assert "Airtable" in desk.labels
    assert desk.under_cursor.name == "Slack Notifications"


async def test_two_consoles_see_each_others_changes_after_a_refresh(stage: Stage) -> None:
    async with sit_down(stage) as one, sit_down(stage) as other:
        await one.press("n")
        await one.write("Airtable")
        await one.press("ctrl+s")
        assert "Airtable" not in other.labels

        await other.press("ctrl+r")

        assert "Airtable" in other.labels


def test_what_is_missing_is_a_list_in_words() -> None:
    assert needs([]) == ""
    assert needs(["client_id"]) == "needs client ID"
    assert needs(["client_id", "scopes", "name"]) == "needs client ID, scopes and name"
