"""The command line, the palette and help: all from one registry."""

import pytest
from tests.console.desk import UNUSED, Desk, Network, integration_of, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.actions import Scope, actions_of
from keyconsole.console.screens.audit import AuditScreen
from keyconsole.console.screens.command import CommandScreen
from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.find import FindScreen
from keyconsole.console.screens.help import HelpScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.core.queries.keys import KeyQuery


async def test_a_route_leads_there(desk: Desk) -> None:
    await desk.go("/audit")
    desk.see(AuditScreen)

    await desk.go("/oauth")
    desk.see(IntegrationsScreen)

    await desk.go("/api-keys/create")
    desk.see(CreateKeyScreen)


async def test_a_route_to_an_integration_leads_to_its_tab(desk: Desk) -> None:
    here = await integration_of(desk.stage)
    await desk.go(f"/oauth/{here.id}/activity")

    assert desk.see(IntegrationScreen).open_tab == "activity"


async def test_a_name_leads_to_the_integration(desk: Desk) -> None:
    for typed in ("salesforce prod", ":salesforce prod", "prod salesforce"):
        desk.see(IntegrationsScreen)
        await desk.go(typed)

        assert desk.see(IntegrationScreen).integration.name == "Salesforce Production", typed
        await desk.press("escape")


async def test_the_label_of_a_key_leads_to_its_page(desk: Desk) -> None:
    await desk.go(UNUSED)

    assert desk.see(KeyScreen).key.label == UNUSED


async def test_a_public_key_leads_to_its_page(desk: Desk) -> None:
    key = await key_of(desk.stage, UNUSED)
    await desk.go(key.public_key)

    assert desk.see(KeyScreen).key.label == UNUSED


async def test_a_place_that_is_not_is_told_what_there_is(desk: Desk) -> None:
    for typed in ("/nowhere", "/oauth/a/b/c", "kcp_short"):
        desk.see(IntegrationsScreen)
        await desk.go(typed)

        desk.see(CommandScreen)
        assert "There is no such place" in desk.text, typed
        await desk.press("escape")


@pytest.mark.parametrize("route", ["/oauth/int_none", "/api-keys/kcp_0000000000000000"])
async def test_a_route_to_nothing_stays_where_it_is_and_says_so(desk: Desk, route: str) -> None:
    await desk.go(route)

    desk.see(IntegrationsScreen)
    assert "✕" in desk.text


async def test_a_route_to_nothing_at_start_ends_on_the_first_screen(stage: Stage) -> None:
    async with sit_down(stage, "/oauth/int_none/api-keys") as desk:
        desk.see(IntegrationsScreen)
        assert "✕" in desk.text


async def test_an_action_is_done_where_one_was(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.go("revoke")

    assert keys_desk.see(RevokeDialog).key.label == UNUSED


async def test_the_palette_offers_actions_only(keys_desk: Desk) -> None:
    await keys_desk.press("ctrl+p")
    screen = keys_desk.see(CommandScreen)

    assert all(candidate.action for candidate in screen.candidates)
    await keys_desk.write("generate")
    await keys_desk.press("enter")
    keys_desk.see(CreateKeyScreen)


async def test_arrows_choose_and_escape_leaves(desk: Desk) -> None:
    await desk.press("colon", "down", "down", "up")
    assert desk.see(CommandScreen).cursor == 1

    await desk.press("escape")
    desk.see(IntegrationsScreen)


async def test_tab_completes_what_is_under_the_cursor(desk: Desk) -> None:
    await desk.press("colon")
    await desk.write("netsu")
    await desk.press("tab")

    assert desk.see(CommandScreen).typed == "NetSuite Finance"


async def test_nothing_by_that_name_does_nothing(desk: Desk) -> None:
    await desk.go("no such thing at all")

    desk.see(CommandScreen)
    assert "nothing by that name" in desk.text


async def test_read_only_offers_no_action_that_changes(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", read_only=True) as desk:
        await desk.press("ctrl+p")
        names = {c.action.name for c in desk.see(CommandScreen).candidates if c.action}

    assert names.isdisjoint({"generate", "revoke", "rename"})
    assert "sort" in names


async def test_a_whole_secret_typed_as_a_name_never_leaves_the_machine(
    stage: Stage, network: Network
) -> None:
    from keyconsole.core.credential import Kind, mint

    secret = mint(Kind.API_KEY).text
    async with sit_down(stage, connect=network.session) as desk:
        await desk.press("colon")
        await desk.paste(secret)

        assert network.requests
        assert not [each for each in network.requests if secret[21:] in str(each.url)]


@pytest.mark.parametrize("scope", [Scope.KEYS, Scope.OVERVIEW, Scope.ACTIVITY])
async def test_help_lists_every_action_of_the_tab(stage: Stage, scope: Scope) -> None:
    here = await integration_of(stage)
    tab = {Scope.KEYS: "2", Scope.OVERVIEW: "1", Scope.ACTIVITY: "3"}[scope]
    async with sit_down(stage, f"/oauth/{here.id}", size=(80, 100)) as desk:
        await desk.press(tab, "question_mark")
        desk.see(HelpScreen)

        for action in actions_of(scope, Scope.EVERYWHERE):
            assert action.help in desk.words or not action.help
            assert action.sign in desk.text or not action.help


async def test_help_is_closed_by_what_opened_it_and_by_the_usual_keys(desk: Desk) -> None:
    for key in ("escape", "q", "question_mark", "enter"):
        await desk.press("question_mark")
        desk.see(HelpScreen)
        await desk.press(key)

        desk.see(IntegrationsScreen)
        assert desk.app.is_running, key


async def test_a_click_on_a_key_of_the_footer_presses_it(desk: Desk) -> None:
    line = desk.text.split("\n")[-1]
    await desk.pilot.click(offset=(line.index("? help") + 1, 39))
    await desk.settle()

    desk.see(HelpScreen)


async def test_q_goes_back_one_screen_after_the_other_and_leaves_from_the_first(
    desk: Desk,
) -> None:
    await desk.go("salesforce prod")
    await desk.press("enter")
    desk.see(KeyScreen)
    await desk.press("q", "space", "q")
    assert desk.see(IntegrationScreen).marked == []
    await desk.press("q")
    desk.see(IntegrationsScreen)
    await desk.go("keys")
    found = desk.see(FindScreen)
    await desk.until(lambda: desk.app.focused is found.listing.rows)
    assert found.filter == KeyQuery(statuses=("active",))
    await desk.go("quit")
    assert not desk.app.is_running


async def test_q_leaves(desk: Desk) -> None:
    await desk.press("q")

    assert not desk.app.is_running
    assert desk.app.failure is None
