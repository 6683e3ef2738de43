"""The policy of a workspace: who may change it, what it refuses, what is due by it."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.service.clock import DAY, told
from keyconsole.wire import Role


async def put(world: World, **settings: Any) -> dict[str, Any]:
    path = f"/v1/workspaces/{await world.workspace_id()}"
    answer = await world.admin.patch(path, {"settings": settings})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["settings"])


async def due(world: World, *query: str) -> list[str]:
    page = await world.admin.get("/v1/keys", query=" ".join(["due:rotation", *query]))
    return [key["label"] for key in page.json()["items"]]


async def test_what_was_never_set_has_a_default(world: World) -> None:
    shown = (await world.admin.get(f"/v1/workspaces/{await world.workspace_id()}")).json()
    assert shown["name"] == "Acme"
    assert shown["settings"]["max_key_age_days"] is None
    assert shown["settings"]["warning_days"] == 14
    assert shown["settings"]["rotation_automatic"] is False
    assert "prod" in shown["settings"]["environments"]


async def test_what_is_set_stays_and_the_rest_too(world: World) -> None:
    await put(world, rotation_quiet_minutes=5)
    settings = await put(world, max_key_age_days=90)
    assert (settings["rotation_quiet_minutes"], settings["max_key_age_days"]) == (5, 90)
    assert (await put(world, max_key_age_days=None))["max_key_age_days"] is None
    events = (await world.admin.get("/v1/audit", action="workspace.changed")).json()["items"]
    assert events[0]["detail"] == {"max_key_age_days": {"from": 90, "to": None}}
    assert len(events) == 3


@pytest.mark.parametrize(
    "settings",
    [
        {"max_key_age_days": 0},
        {"warning_days": -1},
        {"rotation_deadline_days": 0},
        {"rotation_quiet_minutes": 0},
        {"environments": []},
        {"environments": ["two words"]},
        {"unused_for_days": None},
    ],
)
async def test_a_setting_out_of_bounds_is_refused(world: World, settings: dict[str, Any]) -> None:
    path = f"/v1/workspaces/{await world.workspace_id()}"
    answer = await world.admin.patch(path, {"settings": settings})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(f"settings.{next(iter(settings))}")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_key_age_days": 0}, "The rotation age is from 1 to 3,650 days."),
        ({"warning_days": 9_999}, "The warning is from 0 to 3,650 days."),
        ({"unused_for_days": 0}, "The time after which a key is unused is from 1 to 3,650 days."),
        ({"rotation_quiet_minutes": 0}, "The quiet of a rotation is from 1 to 10,080 minutes."),
        ({"rotation_deadline_days": 366}, "The deadline of a rotation is from 1 to 365 days."),
    ],
)
async def test_a_bound_says_what_it_is_the_bound_of(
    world: World, settings: dict[str, Any], sentence: str
) -> None:
    path = f"/v1/workspaces/{await world.workspace_id()}"
    assert (await world.admin.patch(path, {"settings": settings})).json()["detail"] == sentence


@pytest.mark.parametrize(
    ("known", "settings", "field", "named"),
    [
        ({}, {"max_key_age_days": 13}, "max_key_age_days", ("14 days", "13 days")),
        ({"max_key_age_days": 30}, {"warning_days": 31}, "warning_days", ("31 days", "30 days")),
        (
            {},
            {"max_key_age_days": 1, "warning_days": 2},
            "warning_days",
            ("2 days", "rotation age, 1 day:"),
        ),
        (
            {},
            {"rotation_quiet_minutes": 1_441, "rotation_deadline_days": 1},
            "rotation_quiet_minutes",
            ("1,441 minutes", "deadline, 1 day."),
        ),
        (
            {"rotation_quiet_minutes": 3_000},
            {"rotation_deadline_days": 2},
            "rotation_deadline_days",
            ("3,000 minutes", "deadline, 2 days."),
        ),
    ],
)
async def test_settings_that_cannot_both_hold_are_refused_and_both_named(
    world: World,
    known: dict[str, Any],
    settings: dict[str, Any],
    field: str,
    named: tuple[str, str],
) -> None:
    path = f"/v1/workspaces/{await world.workspace_id()}"
    before = await put(world, **known)
    refused = await world.admin.patch(path, {"settings": settings})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == [f"settings.{field}"]
    assert all(each in refused.json()["detail"] for each in named)
    assert await put(world) == before


async def test_a_warning_may_be_as_long_as_the_age(world: World) -> None:
    await put(world, max_key_age_days=7, warning_days=7)


async def test_an_age_of_its_own_is_not_shorter_than_the_warning(world: World) -> None:
    path = f"/v1/integrations/{await world.admin.integration('Salesforce')}"
    refused = await world.admin.patch(path, {"max_key_age_days": 13})
    assert [each["field"] for each in refused.json()["errors"]] == ["max_key_age_days"]
    assert "14 days before" in refused.json()["detail"]
    assert "rotation age, 13 days" in refused.json()["detail"]
    assert (await world.admin.patch(path, {"max_key_age_days": 20})).status_code == 200

    workspace = f"/v1/workspaces/{await world.workspace_id()}"
    later = await world.admin.patch(workspace, {"settings": {"warning_days": 21}})
    assert [each["field"] for each in later.json()["errors"]] == ["settings.warning_days"]
    assert "the rotation age of Salesforce, 20 days" in later.json()["detail"]


async def test_members_read_it_and_admins_change_it(world: World) -> None:
    path = f"/v1/workspaces/{await world.workspace_id()}"
    operator = await world.member(Role.OPERATOR)
    assert (await operator.get(path)).status_code == 200
    refused = await operator.patch(path, {"settings": {"warning_days": 3}})
    assert refused.status_code == 403
    assert "members:write" in refused.json()["detail"]
    stranger = await world.stranger()
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.patch(path, {"settings": {}})).status_code == 404


async def test_a_key_is_due_at_its_age_and_announced_before(world: World) -> None:
    integration = await world.admin.integration()
    await world.admin.key(integration, label="old")
    world.clock.move(80 * DAY)
    await world.admin.key(integration, label="young")
    assert await due(world) == []
    await put(world, max_key_age_days=90, warning_days=14)
    assert await due(world) == ["old"]
    assert await due(world, f"integration:{integration}") == ["old"]
    await put(world, warning_days=5)
    assert await due(world) == []
    world.clock.move(6 * DAY)
    [card] = (await world.admin.get("/v1/keys", query="due:rotation")).json()["items"]
    assert card["rotate_soon"] is True
    assert card["rotate_by"] == told(world.clock() + 4 * DAY)


async def test_an_integration_may_have_an_age_of_its_own(world: World) -> None:
    await put(world, max_key_age_days=365)
    integration = await world.admin.integration()
    await world.admin.key(integration, label="old")
    world.clock.move(40 * DAY)
    assert await due(world) == []
    changed = await world.admin.patch(f"/v1/integrations/{integration}", {"max_key_age_days": 30})
    assert changed.json()["max_key_age_days"] == 30
    assert await due(world) == ["old"]


async def test_what_is_revoked_is_not_due(world: World) -> None:
    await put(world, max_key_age_days=30)
    public_key, _ = await world.admin.key(await world.admin.integration())
    await world.admin.revoke(public_key)
    world.clock.move(90 * DAY)
    assert await due(world) == []


async def test_the_end_of_a_key_that_is_too_old_already_can_come_nearer(world: World) -> None:
    public_key, _ = await world.admin.key(await world.admin.integration())
    world.clock.move(40 * DAY)
    await put(world, max_key_age_days=30)
    path = f"/v1/keys/{public_key}"

    async def set_to(days: int | None) -> int:
        wanted = None if days is None else told(world.clock() + days * DAY)
        answer = await world.admin.patch(path, {"expires_at": wanted}, if_match="*")
        if answer.status_code != 200:
            assert "not move away" in answer.json()["detail"]
        return answer.status_code

    assert [await set_to(days) for days in (7, 6, 8, None, 5)] == [200, 200, 422, 422, 200]


async def test_an_expiry_beyond_policy_is_refused_at_the_field(world: World) -> None:
    await put(world, max_key_age_days=30)
    integration = await world.admin.integration()
    late = told(world.clock() + 31 * DAY)
    created = await world.admin.create(integration, expires_at=late)
    assert created.json()["errors"][0]["code"] == "beyond-policy"
    public_key, _ = await world.admin.key(integration, expires_at=told(world.clock() + 10 * DAY))
    path = f"/v1/keys/{public_key}"
    for wanted in (late, None):
        refused = await world.admin.patch(path, {"expires_at": wanted}, if_match='"1"')
        assert refused.json()["errors"][0]["code"] == "beyond-policy"
    within = await world.admin.patch(
        path, {"expires_at": told(world.clock() + 29 * DAY)}, if_match='"1"'
    )
    assert within.status_code == 200
    events = (await world.admin.get("/v1/audit", target=public_key)).json()["items"]
    assert events[0]["detail"]["expires_at"]["to"] == told(world.clock() + 29 * DAY)


async def test_a_label_names_an_environment_where_that_is_the_rule(world: World) -> None:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration, label="gateway")
    await put(world, label_needs_environment=True, environments=["prod", "staging"])
    refused = await world.admin.create(integration, label="worker")
    assert refused.json()["errors"][0]["field"] == "label"
    assert (await world.admin.create(integration, label="worker-PROD")).status_code == 201
    renamed = await world.admin.patch(
        f"/v1/keys/{public_key}", {"label": "gateway-two"}, if_match='"1"'
    )
    assert renamed.status_code == 422
