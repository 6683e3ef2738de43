"""Refused attempts of people who are signed in: one event a kind and minute, with a count."""

from typing import Any

import pytest
from tests.service.world import Person, World

from keyconsole.service import denials
from keyconsole.service.clock import DAY, MINUTE, SECOND, moment
from keyconsole.service.denials import ACTION
from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.wire import Permission, Role, rfc3339

MISSING = "kcp_0000000000000000"


async def noted(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.admin.get("/v1/audit", action=ACTION)).json()[
        "items"
    ]
    return found


async def name_of(person: Person) -> str:
    return str((await person.get("/v1/me")).json()["email"])


async def test_many_attempts_of_one_kind_within_a_minute_are_one_event(world: World) -> None:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration, label="api-gateway-prod")
    viewer = await world.member(Role.VIEWER)
    first = await viewer.revoke(public_key)
    begun = world.clock.now
    for _ in range(4):
        world.clock.move(SECOND)
        assert (await viewer.revoke(public_key)).status_code == 403
    await world.runtime.denials.flush()
    assert await noted(world) == []

    world.clock.move(MINUTE)
    await world.runtime.denials.flush()

    [event] = await noted(world)
    assert event["actor"] == await name_of(viewer)
    assert (event["target"], event["target_name"]) == (public_key, "api-gateway-prod")
    assert event["integration_id"] == integration
    assert event["request_id"] == first.headers["x-request-id"]
    assert event["detail"] == {
        "permission": "keys:revoke",
        "count": 5,
        "first_at": rfc3339(moment(begun)),
        "last_at": rfc3339(moment(begun + 4 * SECOND)),
    }
    assert (await world.admin.get("/v1/audit/verification")).json()["first_broken"] is None


async def test_an_attempt_while_the_clock_was_ahead_is_written(world: World) -> None:
    workspace = (await world.admin.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    world.clock.move(400 * DAY)
    world.runtime.denials.note([workspace], "ops", Permission.KEYS_REVOKE, MISSING, "req")
    world.clock.move(-400 * DAY)
    await world.runtime.denials.flush()
    assert len(await noted(world)) == 1


async def test_every_address_that_an_account_was_used_from_is_named(world: World) -> None:
    workspace = (await world.admin.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    for number in range(denials.MAX_ADDRESSES + 2):
        for target in (MISSING, "a", "b", "c"):  # the last of which is one of the others
            world.runtime.denials.note(
                [workspace], "ops", Permission.KEYS_REVOKE, target, "req", f"203.0.113.{number}"
            )
    await world.runtime.denials.flush(whole=True)

    found = await noted(world)
    named = [f"203.0.113.{number}" for number in range(denials.MAX_ADDRESSES)]
    assert [each["address"] for each in found] == ["203.0.113.0"] * 4
    assert [each["detail"]["addresses"] for each in found] == [named] * 4


async def test_who_what_and_which_permission_are_told_apart(world: World) -> None:
    integration = await world.admin.integration("Salesforce")
    public_key, _ = await world.admin.key(integration, label="api-gateway-prod")
    people = [await world.member(Role.VIEWER), await world.member(Role.RESPONDER)]
    for person in people:
        for _ in range(2):
            await person.create(integration)
            await person.patch(f"/v1/keys/{public_key}", {"label": "x"}, if_match="*")
            await person.post("/v1/integrations", {"name": "x"})
    await world.runtime.denials.flush(whole=True)

    found = await noted(world)
    assert {event["detail"]["count"] for event in found} == {2}
    tried = {
        ("keys:create", integration, "Salesforce"),
        ("keys:write", public_key, "api-gateway-prod"),
        ("integrations:write", "/v1/integrations", ""),
    }
    assert len(found) == 6
    for person in people:
        name = await name_of(person)
        assert tried == {
            (event["detail"]["permission"], event["target"], event["target_name"])
            for event in found
            if event["actor"] == name
        }


async def test_what_is_not_there_or_not_theirs_and_what_breaks_a_rule_is_no_attempt(
    world: World,
) -> None:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration)
    stranger = await world.stranger()
    assert (await stranger.revoke(public_key)).status_code == 404
    assert (await world.admin.revoke(MISSING)).status_code == 404
    assert (await world.admin.post("/v1/integrations", {"name": ""})).status_code == 422
    await world.runtime.denials.flush(whole=True)
    assert await noted(world) == []


async def test_another_minute_is_another_event(world: World) -> None:
    viewer = await world.member(Role.VIEWER)
    for _ in range(2):
        await viewer.post("/v1/integrations", {"name": "x"})
        world.clock.move(MINUTE)
        await world.runtime.denials.flush()
    assert [event["detail"]["count"] for event in await noted(world)] == [1, 1]


async def test_what_is_left_is_written_at_the_end(world: World) -> None:
    viewer = await world.member(Role.VIEWER)
    await viewer.post("/v1/integrations", {"name": "x"})
    await world.app.aclose()
    await world.app.start()
    assert len(await noted(world)) == 1


async def test_a_flood_of_kinds_is_counted_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "MAX_PENDING", 1)
    integration = await world.admin.integration()
    viewer = await world.member(Role.VIEWER)
    for number in range(3):
        await viewer.create(integration)
        await viewer.create(await world.admin.integration(f"other {number}"))
    await world.runtime.denials.flush(whole=True)
    found = {event["target"]: event["detail"]["count"] for event in await noted(world)}
    assert found == {integration: 3, "": 3}


async def test_while_the_store_does_not_answer_nothing_is_lost(world: World) -> None:
    viewer = await world.member(Role.VIEWER)
    await viewer.post("/v1/integrations", {"name": "x"})
    await world.impatient()
    async with world.busy():
        with pytest.raises(StoreUnavailableError):
            await world.runtime.denials.flush(whole=True)
        await viewer.post("/v1/integrations", {"name": "x"})
    await world.runtime.denials.flush(whole=True)
    assert [event["detail"]["count"] for event in await noted(world)] == [2]


async def test_they_are_written_when_their_minute_is_over_without_being_asked(
    world: World,
) -> None:
    world.runtime.denials.seconds = 0.0
    viewer = await world.member(Role.VIEWER)
    await viewer.post("/v1/integrations", {"name": "x"})
    world.clock.move(MINUTE)
    await world.runtime.denials.aclose()
    world.runtime.denials.start()
    while not await noted(world):
        pass


async def test_an_account_leaves_few_events_whatever_it_tries(world: World) -> None:
    viewer = await world.member(Role.VIEWER)
    targets = [await world.admin.integration(f"number {number}") for number in range(12)]
    for target in targets * 3:
        assert (await viewer.create(target)).status_code == 403
    await world.runtime.denials.flush(whole=True)
    counts = [event["detail"]["count"] for event in await noted(world)]
    assert len(counts) == denials.MAX_KINDS + 1
    assert sorted(counts) == [3] * denials.MAX_KINDS + [len(targets) * 3 - denials.MAX_KINDS * 3]
