"""The three tabs of an integration, and who may generate keys there."""

import sqlite3

import pytest
from tests.console.desk import IN_USE, UNUSED, Desk, Network, integration_of, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.help import HelpScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.widgets.chip import Chip
from keyconsole.service.store import key_pages


def demote(stage: Stage, role: str) -> None:
    """Give the person another role in the workspace."""
    with sqlite3.connect(stage.service.database_path) as database:
        database.execute("UPDATE memberships SET role = ?", (role,))
    database.close()


@pytest.mark.parametrize(
    ("keys", "tab"),
    [
        (("1",), "overview"),
        (("3",), "activity"),
        (("1", "2"), "api-keys"),
        (("right_square_bracket",), "activity"),
        (("left_square_bracket",), "overview"),
        (("right_square_bracket", "right_square_bracket"), "overview"),
    ],
)
async def test_tabs_are_opened_by_their_keys(
    keys_desk: Desk, keys: tuple[str, ...], tab: str
) -> None:
    await keys_desk.press(*keys)

    assert keys_desk.see(IntegrationScreen).open_tab == tab


async def test_tabs_are_opened_by_a_click(keys_desk: Desk) -> None:
    await keys_desk.click("TabBar", x=1)
    assert keys_desk.see(IntegrationScreen).open_tab == "overview"

    await keys_desk.click("TabBar", x=len("Overview   API Keys 7   Ac"))
    assert keys_desk.see(IntegrationScreen).open_tab == "activity"


async def test_the_mouse_orders_goes_along_the_path_and_presses_the_footer(
    keys_desk: Desk,
) -> None:
    by_name = keys_desk.labels
    await keys_desk.click_on("Label ↑")
    assert keys_desk.labels == by_name[::-1]
    await keys_desk.click_on("Created")
    assert "Created ↓" in keys_desk.text
    await keys_desk.click_on("Created ↓")
    assert "Created ↑" in keys_desk.text
    await keys_desk.press("o")
    assert "Label ↑" in keys_desk.text
    await keys_desk.click_on("Status")
    assert keys_desk.labels == by_name
    assert "cannot be in the order of this column" in keys_desk.words

    await keys_desk.press("slash")
    await keys_desk.write("gateway")
    await keys_desk.click_on("esc clear it")
    assert keys_desk.labels == by_name

    await keys_desk.press("enter")
    label = keys_desk.see(KeyScreen).key.label
    await keys_desk.click_on(label)  # the last part is here: nothing to go to
    keys_desk.see(KeyScreen)
    await keys_desk.click_on("API Keys")
    assert keys_desk.see(IntegrationScreen).open_tab == "api-keys"
    assert keys_desk.under_cursor.label == label
    await keys_desk.click_on("Salesforce Production")
    assert keys_desk.see(IntegrationScreen).open_tab == "overview"
    await keys_desk.click_on("OAuth")
    keys_desk.see(IntegrationsScreen)


async def test_each_tab_shows_what_it_is_about(keys_desk: Desk) -> None:
    assert "api-gateway-prod" in keys_desk.text
    await keys_desk.press("1")
    assert "Redirect URI" in keys_desk.text
    await keys_desk.press("3")
    assert "revoked the key" in keys_desk.text


async def test_an_action_of_another_tab_does_nothing_here(keys_desk: Desk) -> None:
    await keys_desk.press("1", "x", "o", "slash")
    assert keys_desk.see(IntegrationScreen).open_tab == "overview"

    await keys_desk.press("3", "x", "e")
    assert keys_desk.see(IntegrationScreen).open_tab == "activity"


async def test_a_key_that_moved_says_where_to_and_does_nothing(keys_desk: Desk) -> None:
    await keys_desk.press("g")
    assert "n is the key for “generate” now." in keys_desk.text
    keys_desk.see(IntegrationScreen)


@pytest.mark.parametrize("letter", ["ф", "Ω", "ש"])
async def test_a_letter_of_another_alphabet_says_why_it_does_nothing(
    letter: str, keys_desk: Desk
) -> None:
    await keys_desk.press(letter)

    assert f"{letter} is no key here: they are Latin letters." in keys_desk.text


async def test_with_marks_the_key_under_the_cursor_is_not_revoked(keys_desk: Desk) -> None:
    await keys_desk.press("home", "space", "x")

    keys_desk.see(IntegrationScreen)
    assert "1 key is marked: X revokes what is marked" in keys_desk.text

    await keys_desk.press("home", "space", "x")
    assert "Revoke this key?" in keys_desk.text


async def test_a_person_gives_an_action_another_key(stage: Stage) -> None:
    here = await integration_of(stage)
    keys = {"new": ("b", "т"), "revoke": ("f8",), "help": ("x",)}
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", keys=keys) as desk:
        assert "b generate" in desk.text
        assert "f8 revoke" in desk.text
        assert "x help" in desk.text
        await desk.press("n")
        desk.see(IntegrationScreen)
        await desk.press("т")
        assert desk.see(CreateKeyScreen).integration
        await desk.press("escape", "f8")
        assert "Revoke this key?" in desk.text
        await desk.press("escape", "x")
        desk.see(HelpScreen)

    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        assert "n generate" in desk.text


async def test_generate_opens_the_form_for_this_integration(keys_desk: Desk) -> None:
    await keys_desk.press("n")

    form = keys_desk.see(CreateKeyScreen)
    assert form.integration is not None
    assert form.integration.name == "Salesforce Production"


async def test_a_click_on_generate_opens_the_form(keys_desk: Desk) -> None:
    await keys_desk.click("#generate", x=2)

    keys_desk.see(CreateKeyScreen)


async def test_a_draft_cannot_generate_and_says_what_is_missing(stage: Stage) -> None:
    draft = await integration_of(stage, "HubSpot EU")
    async with sit_down(stage, f"/oauth/{draft.id}/api-keys") as desk:
        assert desk.app.screen.query_one("#generate", Chip).off
        assert "needs client ID" in desk.text

        await desk.press("n")
        await desk.click("#generate", x=2)

        desk.see(IntegrationScreen)


async def test_read_only_offers_nothing_that_changes_and_says_why(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", read_only=True) as desk:
        footer = {action.name for action in desk.see(IntegrationScreen).offered()}
        assert footer.isdisjoint({"generate", "revoke", "rename"})
        assert "read-only" in desk.text
        assert "Read-only" in desk.app.screen.query_one("#generate", Chip).off

        await desk.press("n", "x", "e")
        await desk.click("#generate", x=2)

        desk.see(IntegrationScreen)


async def test_a_viewer_is_told_which_permission_is_missing(stage: Stage) -> None:
    here = await integration_of(stage)
    demote(stage, "viewer")
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        assert "viewer" in desk.text
        assert "keys:create" in desk.text

        await desk.press("n", "g", "x", "e")

        desk.see(IntegrationScreen)
        assert "is the key for" not in desk.text


async def test_a_responder_may_revoke_and_not_create(stage: Stage) -> None:
    here = await integration_of(stage)
    demote(stage, "responder")
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        footer = {action.name for action in desk.see(IntegrationScreen).offered()}

    assert "revoke" in footer
    assert footer.isdisjoint({"generate", "rename"})


async def test_a_role_taken_away_meanwhile_is_the_services_no_in_a_sentence(
    stage: Stage, keys_desk: Desk
) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    demote(stage, "viewer")
    await keys_desk.press("e")
    await keys_desk.write("-2")
    await keys_desk.press("ctrl+s")

    assert "keys:write" in keys_desk.text


async def test_the_filter_asks_the_service_and_escape_shows_all_again(keys_desk: Desk) -> None:
    everything = keys_desk.labels
    await keys_desk.press("slash")
    await keys_desk.write("status:revoked")
    await keys_desk.press("enter")
    assert keys_desk.labels == ["old-backend"]

    await keys_desk.press("escape")

    assert keys_desk.labels == everything
    keys_desk.see(IntegrationScreen)


async def test_a_filter_that_cannot_be_understood_keeps_the_list_and_says_so(
    keys_desk: Desk,
) -> None:
    everything = keys_desk.labels
    await keys_desk.press("slash")
    await keys_desk.write("status:dead")
    await keys_desk.press("enter")

    assert "status: is one of" in keys_desk.text
    assert keys_desk.labels == everything


async def test_a_filter_that_matches_nothing_says_how_to_get_out(keys_desk: Desk) -> None:
    await keys_desk.press("slash")
    await keys_desk.write("no such key")
    await keys_desk.press("enter")

    assert "No key matches" in keys_desk.text


async def test_more_than_can_be_sorted_comes_newest_first_and_says_how_to_narrow_it(
    keys_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_pages, "CAP", 2)
    await keys_desk.press("slash")
    await keys_desk.write("prod")
    await keys_desk.press("enter")

    assert "Created ↓" in keys_desk.text
    assert "newest first. Narrow with env:, by: or status:." in keys_desk.text


async def test_sorting_goes_round_and_is_said_in_the_head(keys_desk: Desk) -> None:
    by_label = keys_desk.labels
    assert by_label == sorted(by_label)

    await keys_desk.press("o")
    assert keys_desk.labels[0] == "laptop-test"
    assert "Created ↓" in keys_desk.text

    await keys_desk.press("o")
    assert keys_desk.labels[0] == "api-gateway-prod"
    assert "Last used↓" in keys_desk.text

    await keys_desk.press("o")
    assert keys_desk.labels == by_label


async def test_a_refresh_keeps_the_row_under_the_cursor(keys_desk: Desk) -> None:
    first = await key_of(keys_desk.stage, IN_USE)
    await keys_desk.stage.client().rename_key(first.public_key, "zz-renamed", version=first.version)
    await keys_desk.put_cursor_on("data-export-prod")

    await keys_desk.press("ctrl+r")

    assert keys_desk.labels[-1] == "zz-renamed"
    assert keys_desk.under_cursor.label == "data-export-prod"


async def test_the_next_page_is_fetched_when_the_cursor_comes_near_its_end(
    stage: Stage, network: Network
) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", connect=network.session) as desk:
        keys = desk.see(IntegrationScreen).keys
        first = await stage.client().keys(integration=here.id, limit=3, sort="label")
        keys.pages.reset()
        keys.put(first, here)
        assert len(desk.labels) == 3

        await desk.press("G")

        assert len(desk.labels) == 7
        assert len(set(desk.labels)) == 7


async def test_a_copied_public_key_goes_to_the_terminal(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("y")

    assert any("\x1b]52;c;" in text for text in keys_desk.written)
    assert "Public key" in keys_desk.text
