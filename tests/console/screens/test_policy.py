"""The policy of the workspace, as a form: what was changed in it is saved, and no more."""

import json

from tests.console.desk import Desk, Network, sit_down
from tests.stage import Stage

from keyconsole.console.screens.ask import AskDialog
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.policy import PolicyForm
from keyconsole.wire import SettingsPatch, WorkspaceSettings


async def policy_of(stage: Stage) -> WorkspaceSettings:
    client = stage.client()
    me = await client.me()
    return (await client.workspaces.show(me.memberships[0].workspace_id)).settings


async def change(stage: Stage, **settings: int) -> None:
    client = stage.client()
    me = await client.me()
    await client.workspaces.change(me.memberships[0].workspace_id, SettingsPatch(**settings))


async def type_over(desk: Desk, name: str, text: str) -> None:
    field = desk.see(PolicyForm).field(name)
    field.input.focus()
    field.input.value = ""
    await desk.write(text)


async def test_what_is_changed_is_saved(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        await desk.press("comma")
        assert desk.see(PolicyForm).field("warning_days").value == "14"
        await type_over(desk, "max_key_age_days", "180")
        await type_over(desk, "default_expiry_days", "90")
        await type_over(desk, "environments", "prod, staging")
        desk.see(PolicyForm).query_one("#rotation_automatic").focus()
        await desk.press("right")
        await desk.press("ctrl+s")

        desk.see(IntegrationsScreen)
        assert "The policy is saved" in desk.text
    known = await policy_of(stage)
    assert (known.max_key_age_days, known.default_expiry_days) == (180, 90)
    assert known.environments == ["prod", "staging"]
    assert known.rotation_automatic


async def test_what_somebody_else_changed_meanwhile_stays(stage: Stage) -> None:
    network = Network(stage)
    async with sit_down(stage, connect=network.session) as desk:
        await desk.press("comma")
        await change(stage, unused_for_days=30)
        await type_over(desk, "warning_days", "21")
        await desk.press("ctrl+s")

        (sent,) = [each for each in network.requests if each.method == "PATCH"]
        assert json.loads(sent.content) == {"settings": {"warning_days": 21}}
    known = await policy_of(stage)
    assert (known.warning_days, known.unused_for_days) == (21, 30)


async def test_what_is_no_number_is_said_at_its_field(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        await desk.press("comma")
        await type_over(desk, "max_key_age_days", "often")
        await type_over(desk, "environments", " ")
        await desk.press("ctrl+s")

        assert "A number of days, such as 90, or nothing." in desk.text
        assert "At least one word" in desk.text
        assert desk.see(PolicyForm).field("max_key_age_days").input.has_focus


async def test_what_the_service_refuses_is_said_at_its_field_and_loses_nothing(
    stage: Stage,
) -> None:
    before = await policy_of(stage)
    async with sit_down(stage) as desk:
        await desk.press("comma")
        await type_over(desk, "rotation_quiet_minutes", "0")
        await type_over(desk, "warning_days", "21")
        await desk.press("ctrl+s")

        form = desk.see(PolicyForm)
        assert form.field("rotation_quiet_minutes").input.has_focus
        assert form.field("warning_days").value == "21"
        assert "The quiet of a rotation is from 1 to" in desk.words
    assert await policy_of(stage) == before


async def test_a_warning_longer_than_the_age_is_refused_at_its_field(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        await desk.press("comma")
        await type_over(desk, "max_key_age_days", "10")
        await type_over(desk, "warning_days", "20")
        await desk.press("ctrl+s")

        assert desk.see(PolicyForm).field("warning_days").input.has_focus
        assert "The warning, 20 days before" in desk.words


async def test_leaving_with_changes_asks(stage: Stage) -> None:
    async with sit_down(stage) as desk:
        await desk.press("comma")
        desk.see(PolicyForm).query_one("#label_needs_environment").focus()
        await desk.press("right")
        await desk.press("escape")
        desk.see(AskDialog)
        await desk.press("Q")
        desk.see(IntegrationsScreen)


async def test_whoever_may_not_change_it_is_told_so(stage: Stage) -> None:
    async with sit_down(stage, read_only=True) as desk:
        await desk.press("comma")
        desk.see(IntegrationsScreen)
        assert "Only admins change the policy" in desk.text
