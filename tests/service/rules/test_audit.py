"""The audit log: every change, once, in a chain that shows what was done to it."""

import dataclasses
from typing import Any

import pytest
from tests.service.world import World

from keyconsole.service.rules.audit import first_break
from keyconsole.service.store import audit
from keyconsole.service.store.audit import EventFilter, EventRecord


async def events(world: World) -> list[EventRecord]:
    async with world.runtime.store.read() as tx:
        which = EventFilter(workspaces=[await world.workspace_id()])
        return sorted(await audit.page(tx, which, 1000, None), key=lambda event: event.sequence)


async def test_every_change_leaves_one_event(world: World) -> None:
    integration = await world.admin.integration()
    await world.admin.patch(f"/v1/integrations/{integration}", {"name": "Sales"})
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "disabled"})
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "configured"})
    public_key, _ = await world.admin.key(integration)
    await world.admin.patch(f"/v1/keys/{public_key}", {"label": "n"}, if_match="*")
    await world.admin.patch(f"/v1/keys/{public_key}", {"metadata": {"a": "b"}}, if_match="*")
    await world.admin.post(f"/v1/keys/{public_key}/acknowledge")
    await world.admin.revoke(public_key)
    assert [event.action for event in await events(world)] == [
        "workspace.created",
        "member.added",
        "integration.created",
        "integration.changed",
        "integration.disabled",
        "integration.enabled",
        "key.created",
        "key.renamed",
        "key.changed",
        "key.acknowledged",
        "key.revoked",
    ]


async def test_the_chain_shows_every_kind_of_tampering(world: World) -> None:
    integration = await world.admin.integration()
    for _ in range(3):
        await world.admin.revoke((await world.admin.key(integration))[0])
    chain = await events(world)
    roots = world.runtime.roots
    assert first_break(roots, chain) is None
    for field in ("actor", "action", "target", "detail", "request_id", "at", "target_name"):
        value: Any = 1 if field == "at" else "x"
        bent = [*chain]
        bent[4] = dataclasses.replace(bent[4], **{field: value})
        assert first_break(roots, bent) == 5, field
    assert first_break(roots, chain[:3] + chain[4:]) == 4
    swapped = [*chain]
    swapped[3], swapped[4] = swapped[4], swapped[3]
    assert first_break(roots, swapped) == 4
    forged = [*chain]
    forged[0] = dataclasses.replace(forged[0], root_id="rk_0000000000")
    assert first_break(roots, forged) == 1


async def test_events_are_filtered_and_paged_newest_first(world: World) -> None:
    integration = await world.admin.integration()
    other = await world.admin.integration("HubSpot")
    public_key, _ = await world.admin.key(integration)
    await world.admin.key(other)
    await world.admin.revoke(public_key)

    async def actions(**params: str) -> list[str]:
        answer = await world.admin.get("/v1/audit", **params)
        return [event["action"] for event in answer.json()["items"]]

    assert await actions(target=public_key) == ["key.revoked", "key.created"]
    assert await actions(integration=integration) == [
        "key.revoked",
        "key.created",
        "integration.created",
    ]
    assert await actions(target=other) == ["integration.created"]
    assert await actions(action="key.created", integration=other) == ["key.created"]
    assert await actions(actor="nobody") == []

    whole = (await world.admin.get("/v1/audit")).json()["items"]
    found = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.admin.get("/v1/audit", limit=3, **cursor)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole
    assert [event["sequence"] for event in whole] == list(range(len(whole), 0, -1))


@pytest.mark.parametrize("path", ["/v1/keys", "/v1/integrations", "/v1/audit"])
async def test_a_refused_change_leaves_no_event(world: World, path: str) -> None:
    integration = await world.admin.integration()
    before = len(await events(world))
    assert not (await world.admin.create(integration, label="\u202e")).is_success
    assert not (await world.admin.post(path, {"name": ""})).is_success
    assert len(await events(world)) == before
