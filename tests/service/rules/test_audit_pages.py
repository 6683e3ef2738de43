"""The list of events: searched for a text, and a bulk revoke as one event."""

from typing import Any

import pytest
from tests.service.rules.test_revocations import execute, meant, show
from tests.service.world import Person, World

from keyconsole.service.clock import MINUTE, moment
from keyconsole.service.rules import audit_pages
from keyconsole.wire import AuditEventPage, rfc3339

Body = dict[str, Any]


async def listed(person: Person, **asked: Any) -> Body:
    answer = await person.get("/v1/audit", **asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def paged(world: World, **asked: Any) -> list[Body]:
    """The events of all pages, each of one event."""
    page = await listed(world.admin, limit=1, **asked)
    items: list[Body] = page["items"]
    while (cursor := page["next_cursor"]) is not None:
        page = await listed(world.admin, limit=1, cursor=cursor, **asked)
        assert len(page["items"]) == 1
        items += page["items"]
    return items


async def found(world: World, text: str, **asked: Any) -> list[str]:
    """The names of what the events are about that a text finds."""
    return [each["target_name"] for each in await paged(world, q=text, **asked)]


async def bulk(world: World, selector: Body) -> str:
    body = {"selector": selector, "reason": "key_compromise", "incident": "INC-7"}
    return str((await execute(world, meant(body, await show(world.admin, body))))["id"])


async def test_a_text_finds_events_by_whatever_they_say(world: World) -> None:
    integration = await world.admin.integration("Netsuite Prod")
    gateway, _ = await world.admin.key(integration, label="api-gateway")
    await world.admin.key(integration, label="ключ-Склада")
    await world.admin.patch(f"/v1/keys/{gateway}", {"label": "api-edge"}, if_match="*")
    await world.admin.revoke(gateway, note="Seen in a paste", incident="INC-4211")

    assert await found(world, "gateway") == ["api-edge", "api-gateway"]  # from, and then was
    assert await found(world, "PASTE seen") == ["api-edge"]
    assert await found(world, "inc-4211") == ["api-edge"]
    assert await found(world, "СКЛАДА") == ["ключ-Склада"]
    assert await found(world, "netsuite generated") == ["ключ-Склада", "api-gateway"]
    assert await found(world, "gateway", action="key.created") == ["api-gateway"]
    assert await found(world, gateway[-6:]) == ["api-edge", "api-edge", "api-gateway"]
    assert await found(world, "gateway склада") == []
    assert await found(world, "incident") == []  # the name of a field is no text


async def test_a_text_does_not_find_what_is_not_shown(world: World) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration(), label="a")
    await world.admin.revoke(public_key, note="Pasted here")
    (event,) = (await listed(world.admin, q="pasted"))["items"]
    await world.drop_guard("audit_events_never_changed", "audit_events")
    spoilt = f'{{"note": "Pasted {secret}"}}'
    await world.sql(f"UPDATE audit_events SET detail = '{spoilt}' WHERE id = '{event['id']}'")
    assert len((await listed(world.admin, q="pasted"))["items"]) == 1
    assert (await listed(world.admin, q=secret[-20:-6]))["items"] == []


async def test_a_text_is_looked_for_in_so_many_of_the_newest_events(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_pages, "MOST_SEARCHED", 4)
    monkeypatch.setattr(audit_pages, "_STEP", 2)
    integration = await world.admin.integration()
    for number in range(6):
        world.clock.move(2 * MINUTE)
        await world.admin.key(integration, label=f"ci-{number}")
    fourth = moment(world.clock() - 6 * MINUTE)

    page = await listed(world.admin, q="ci-")
    assert [each["target_name"] for each in page["items"]] == ["ci-5", "ci-4", "ci-3", "ci-2"]
    assert (page["next_cursor"], page["searched_to"]) == (None, rfc3339(fourth))
    assert await found(world, "ci-") == ["ci-5", "ci-4", "ci-3", "ci-2"]
    assert await found(world, "ci-1") == []
    until = AuditEventPage.model_validate(page).note.partition("until:")[2].split()[0]
    assert (await listed(world.admin, q="ci-1", until=until.replace("Z", ":00Z")))["items"]
    assert (await listed(world.admin, q="ci-", action="workspace.created"))["searched_to"] is None
    assert len((await listed(world.admin))["items"]) > 6


async def test_a_bulk_revoke_is_one_event_and_each_of_them(world: World) -> None:
    one, other = await world.admin.integration("One"), await world.admin.integration("Other")
    for number in range(3):
        await world.admin.key(one, label=f"ci-{number}")
    await world.admin.key(other, label="ci-3")
    keep, _ = await world.admin.key(other, label="keep")
    world.clock.move(MINUTE)
    revocation = await bulk(world, {"label": "ci-*"})
    await world.admin.revoke(keep)

    whole = (await listed(world.admin))["items"]
    assert [each["revocation"] for each in whole[:6]] == [None, *[revocation] * 4, None]
    assert {each["together"] for each in whole} == {None}

    rows = (await listed(world.admin, grouped=True))["items"]
    assert await paged(world, grouped=True) == rows
    assert [(each["revocation"], each["together"]) for each in rows[:3]] == [
        (None, None),
        (revocation, 4),
        (None, None),
    ]
    assert [each["id"] for each in rows] == [
        each["id"] for each in whole if each["id"] not in {one["id"] for one in whole[2:5]}
    ]

    of_it = await listed(world.admin, revocation=revocation)
    assert of_it["items"] == whole[1:5]
    of_other = await listed(world.admin, grouped=True, integration=other)
    assert [each["target_name"] for each in of_other["items"]][:2] == ["keep", "ci-3"]
    assert [
        each["revocation"] for each in (await listed(world.admin, q="ci-", grouped=True))["items"]
    ].count(revocation) == 1
    assert (await listed(world.admin, revocation="rev_none"))["items"] == []
    assert (await listed(await world.stranger(), revocation=revocation))["items"] == []


async def test_what_follows_the_log_has_neither_text_nor_groups(world: World) -> None:
    for more in ({"q": "x"}, {"grouped": True}):
        answer = await world.admin.get("/v1/audit", after=0, **more)
        assert answer.status_code == 422, answer.text
