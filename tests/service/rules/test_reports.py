"""Reports: how many keys there are by what they have in common, in the service and at a bound."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.service.clock import DAY
from keyconsole.service.store import reports


async def report(world: World, **params: Any) -> dict[str, Any]:
    answer = await world.admin.get("/v1/reports/keys", **params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def counts(world: World, **params: Any) -> dict[tuple[str | None, ...], int]:
    found = await report(world, **params)
    assert found["total"] == sum(each["keys"] for each in found["groups"])
    return {tuple(each["group"].values()): each["keys"] for each in found["groups"]}


@pytest.fixture
async def filled(world: World) -> World:
    here = await world.admin.integration("Salesforce", environment="production")
    there = await world.admin.integration("Sandbox", environment="sandbox")
    for number in range(3):
        await world.admin.key(here, label=f"old-sync-{number}")
    gone, _ = await world.admin.key(here, label="gone-sync")
    await world.admin.revoke(gone)
    world.clock.move(400 * DAY)
    await world.admin.key(here, label="new-sync")
    await world.admin.key(there, label="test-sync")
    return world


async def test_keys_are_counted_by_each_thing(filled: World) -> None:
    assert await counts(filled) == {("Salesforce",): 5, ("Sandbox",): 1}
    assert await counts(filled, by="age") == {("over a year",): 4, ("under 30 days",): 2}
    assert await counts(filled, by="status") == {("active",): 5, ("revoked",): 1}
    assert await counts(filled, by="environment") == {("production",): 5, ("sandbox",): 1}
    assert sum((await counts(filled, by="creator")).values()) == 6


async def test_by_several_things_of_a_query(filled: World) -> None:
    found = await report(filled, by="integration,age", query="status:active age:1y")
    assert [each["group"] for each in found["groups"]] == [
        {"integration": "Salesforce", "age": "over a year"}
    ]
    assert (found["total"], found["is_complete"]) == (3, True)


async def test_integrations_of_the_same_environment_are_one_group(filled: World) -> None:
    other = await filled.admin.integration("Billing", environment="sandbox")
    await filled.admin.key(other, label="billing-sync")

    assert (await counts(filled, by="environment"))["sandbox",] == 2


@pytest.mark.parametrize("by", ["", "label", "age,age", "integration;age"])
async def test_what_keys_cannot_be_counted_by_is_refused(world: World, by: str) -> None:
    answer = await world.admin.get("/v1/reports/keys", by=by)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "by"


async def test_a_wrong_query_is_refused(world: World) -> None:
    answer = await world.admin.get("/v1/reports/keys", query="age:soon")

    assert answer.status_code == 422


async def test_another_workspace_is_not_counted(filled: World) -> None:
    assert await counts(filled, workspace="ws_another") == {}


async def test_strides_meet_and_end_at_the_bound(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "STRIDE", 2)
    assert await counts(filled) == {("Salesforce",): 5, ("Sandbox",): 1}

    monkeypatch.setattr(reports, "MOST", 4)
    found = await report(filled)
    assert found["is_complete"] is False
    assert found["total"] == 4
